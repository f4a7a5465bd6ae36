import AxeBuilder from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";
import { DESKTOP, expect, PHONE, test } from "./fixtures";
import type { Site } from "./processes";
import { STATES } from "./states";

// Half of a fade has half of a contrast.
test.use({ locale: "en-US", contextOptions: { reducedMotion: "reduce" } });

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

// Pages are opened once for all that is asked of them: opening takes longer than most questions.
for (const { name, open } of STATES) {
  test(`${name} is within everybody's reach, and within its policy`, async ({ page, site }) => {
    test.slow();
    await page.setViewportSize(DESKTOP);
    const breaches = policyBreaches(page, site);
    await open(page);
    for (const [device, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
      await page.setViewportSize(viewport);
      await test.step(`axe, ${device}`, () => expectNoBarriers(page, device));
    }
    await test.step("320 px wide", async () => {
      await page.setViewportSize({ width: 320, height: 640 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    });
    await test.step("keyboard", async () => {
      await page.setViewportSize(DESKTOP);
      const stops = await walk(page);
      expect(stops.length).toBeGreaterThan(8);
      expect(stops.filter(({ isVisible }) => !isVisible)).toEqual([]);
    });
    expect(breaches).toEqual([]);
  });
}

/** What axe finds in light, and of the contrast, which is all that a scheme changes, in dark. */
async function expectNoBarriers(page: Page, device: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const axe = new AxeBuilder({ page });
    const asked = colorScheme === "light" ? axe.withTags(RULES) : axe.withRules("color-contrast");
    const { violations } = await asked.analyze();
    const found = violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`),
    );
    expect(found, `${device}, ${colorScheme}`).toEqual([]);
  }
}

/** Collects requests to others than the site and its API, errors, and words about the policy. */
function policyBreaches(page: Page, site: Site): string[] {
  const own = [site.url, site.service.url].map((url) => new URL(url).origin);
  const breaches: string[] = [];
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol.startsWith("http") && !own.includes(origin)) {
      breaches.push(request.url());
    }
  });
  page.on("console", (message) => {
    if (/content.security.policy/i.test(message.text())) {
      breaches.push(message.text());
    }
  });
  page.on("pageerror", (error) => breaches.push(error.message));
  return breaches;
}

test("who wants less motion sees no colour fade", async ({ page }) => {
  await page.goto("/model");
  await page.emulateMedia({ colorScheme: "dark" });
  const fades = await page.evaluate(() => document.getAnimations().length);
  expect(fades).toBe(0);
});

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
