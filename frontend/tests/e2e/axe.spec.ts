import AxeBuilder from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";
import { DESKTOP, expect, PHONE, test } from "./fixtures";
import { STATES } from "./states";

// Half of a fade has half of a contrast.
test.use({ locale: "en-US", contextOptions: { reducedMotion: "reduce" } });

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

for (const [device, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
  test.describe(device, () => {
    test.use({ viewport });

    for (const { name, open } of STATES) {
      test(`${name} has no barrier that axe knows, in light and dark`, async ({ page }) => {
        await open(page);
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme });
          const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
          const found = violations.flatMap(({ id, nodes }) =>
            nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`),
          );
          expect(found, colorScheme).toEqual([]);
        }
      });
    }
  });
}

for (const { name, open } of STATES) {
  test(`${name} is no wider than 320 px`, async ({ page }) => {
    await page.setViewportSize({ width: 320, height: 640 });
    await open(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  });

  test(`${name} asks nobody but the site and its API, within its policy`, async ({
    page,
    site,
  }) => {
    const own = [site.url, site.service.url].map((url) => new URL(url).origin);
    const foreign: string[] = [];
    const broken: string[] = [];
    page.on("request", (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol.startsWith("http") && !own.includes(origin)) {
        foreign.push(request.url());
      }
    });
    page.on("console", (message) => {
      if (/content.security.policy/i.test(message.text())) {
        broken.push(message.text());
      }
    });
    page.on("pageerror", (error) => broken.push(error.message));
    await open(page);
    expect(foreign).toEqual([]);
    expect(broken).toEqual([]);
  });

  test(`${name} shows where the keyboard is`, async ({ page }) => {
    await page.setViewportSize(DESKTOP);
    await open(page);
    const stops = await walk(page);
    expect(stops.length).toBeGreaterThan(8);
    expect(stops.filter(({ isVisible }) => !isVisible)).toEqual([]);
  });
}

test("the first key leads past the header", async ({ page }) => {
  await page.goto("/model");
  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "Skip to content" });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "What it is" })).toBeFocused();
});

test("every page is reached by keyboard", async ({ page }) => {
  for (const [name, path] of [
    ["Dashboard", "/dashboard"],
    ["History", "/history"],
    ["Model", "/model"],
    ["Analyse", "/"],
  ] as const) {
    await page.goto(path === "/" ? "/model" : "/");
    const link = page.getByRole("navigation", { name: "Main" }).getByRole("link", { name });
    for (let stop = 0; stop < MOST_STOPS && !(await isFocused(link)); stop++) {
      await page.keyboard.press("Tab");
    }
    await expect(link).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(path);
    await expect(link).toHaveAttribute("aria-current", "page");
  }
});

test("only scripts of the site's own run", async ({ page }) => {
  const response = await page.goto("/");
  const policy = response?.headers()["content-security-policy"] ?? "";
  const scripts = policy.split(";").find((part) => part.trim().startsWith("script-src ")) ?? "";
  expect(scripts).toContain("'nonce-");
  expect(scripts).not.toMatch(/unsafe-inline|unsafe-eval|https?:|\*/);
  expect(policy).toContain("object-src 'none'");
  // As if somebody had found a way to write into a page.
  await page.route("/", async (route) => {
    const answer = await route.fetch();
    const injected = "<script>window.wasRun = true</script><main onfocus='window.wasRun = true'";
    const body = (await answer.text()).replace("<main", injected);
    await route.fulfill({ response: answer, body });
  });
  await page.goto("/");
  await page.getByRole("main").focus();
  const isRun = await page.evaluate(() => "wasRun" in window);
  expect(isRun).toBe(false);
});

interface Stop {
  element: string;
  /** Drawn in the window, with an outline of its own or of what it stands in. */
  isVisible: boolean;
}

const MOST_STOPS = 120;

/** Press Tab until the page's end, and note where the focus went. */
async function walk(page: Page): Promise<Stop[]> {
  const stops: Stop[] = [];
  while (stops.length < MOST_STOPS) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(focused);
    if (!stop) {
      break;
    }
    stops.push(stop);
  }
  return stops;
}

function isFocused(locator: Locator): Promise<boolean> {
  return locator.evaluate((element) => element === document.activeElement);
}

/** The focused element, seen from inside of the page; null outside of all. */
function focused(): Stop | null {
  const element = document.activeElement;
  if (!element || element === document.body) {
    return null;
  }
  const { top, bottom, left, right } = element.getBoundingClientRect();
  const isInWindow = bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
  const around = [element, element.closest("label"), element.nextElementSibling];
  const hasOutline = around.some((one) => {
    const style = one && getComputedStyle(one);
    return style && style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 2;
  });
  return {
    element: element.outerHTML.slice(0, 160),
    isVisible: isInWindow && hasOutline,
  };
}
