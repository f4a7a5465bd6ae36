import type { Locator, Page } from "@playwright/test";
import type { PredictionResult } from "../../src/lib/api/schema";
import { drawing, drop } from "./files";
import { expect, PHONE, test } from "./fixtures";
import { Site } from "./processes";
import { figure, percent, placing, untilExampleOpens, VERDICTS } from "./result-page";

function exampleOf(page: Page) {
  return page.getByRole("region", { name: "Example: a drawn region" });
}

async function exampleResult(site: Site): Promise<PredictionResult> {
  return (await fetch(`${site.service.url}/example/`)).json();
}

/** How opaque that is, 0 to 255, what lies over the picture at a point of the page. */
function overlayAt(example: Locator, x: number, y: number): Promise<number> {
  return example.locator("canvas[data-layer=overlay]").evaluate(
    (canvas: HTMLCanvasElement, { x, y }) => {
      const { left, top, width } = canvas.getBoundingClientRect();
      const ratio = canvas.width / width;
      const place = [ratio * (x - left), ratio * (y - top), 1, 1] as const;
      return canvas.getContext("2d")?.getImageData(...place).data[3] ?? Number.NaN;
    },
    { x, y },
  );
}

test("home opens on a drawn example with the current model's result", async ({ browser, site }) => {
  const result = await exampleResult(site);
  const { malignant_area_mm2: area, malignant_fraction: share } = result.region ?? {};
  // As the server sends it: nothing waits for a script.
  const page = await browser.newPage({ baseURL: site.url, javaScriptEnabled: false });
  await page.goto("/");
  const example = exampleOf(page);
  await expect(example).toContainText("not a patient's tissue");
  await expect(example.locator("[data-verdict]")).toHaveText(VERDICTS[result.verdict]);
  await expect(example.getByText(figure(result.probability), { exact: true })).toBeVisible();
  const figures = example.getByTestId("region-figures");
  await expect(figures).toContainText(`${Number(area?.toFixed(3))} mm²`);
  await expect(figures).toContainText(percent(share ?? Number.NaN));
  await expect(example.getByAltText(/^A drawn region/)).toBeVisible();
  // The outline is that of the focus.
  const [corner] = result.region?.foci?.[0]?.polygon[0] ?? [];
  const outlines = await example
    .locator("svg path")
    .evaluateAll((paths) => paths.map((path) => path.getAttribute("d") ?? ""));
  expect(outlines.filter((line) => line.startsWith(`M${corner?.join(" ")}L`))).toHaveLength(2);
  await page.close();
});

test("the example is outlined, and zooms", async ({ page, site }) => {
  const { image: size, region } = await exampleResult(site);
  await page.goto("/");
  await untilExampleOpens(page);
  const example = exampleOf(page);
  const { at, scale } = await placing(page, size);
  const [left = 0, top = 0] = region?.foci?.[0]?.polygon[0]?.[0] ?? [];
  const corner = at(left, top);
  const half = (scale * (region?.tile_size_pixels ?? 0)) / 2;
  // The line hides the tissue, the fill within does not, and without there is none.
  expect(await overlayAt(example, corner.x, corner.y)).toBeGreaterThan(200);
  const within = await overlayAt(example, corner.x + half, corner.y + half);
  expect(within).toBeGreaterThan(10);
  expect(within).toBeLessThan(0.35 * 256);

  const bar = example.getByTestId("scale-bar");
  const whole = (await bar.textContent()) ?? "";
  await page.mouse.move(corner.x, corner.y);
  await page.mouse.wheel(0, -1200);
  await expect(bar).not.toHaveText(whole);
  await expect(example.getByTestId("minimap")).toHaveCSS("opacity", "1");
  const history = await page.evaluate(async () => (await fetch("/api/history")).json());
  expect(history.items).toEqual([]);
});

test("no gesture is lost while the viewer is on its way", async ({ browser, site }) => {
  const page = await browser.newPage({ baseURL: site.url, hasTouch: true, viewport: PHONE });
  // The page asks for it once it listens.
  const started = page.waitForResponse("**/api/health");
  await page.goto("/", { waitUntil: "networkidle" });
  await started;
  // Scripts wait until the fingers have moved.
  let letThrough = () => {};
  const moved = new Promise<void>((resolve) => {
    letThrough = resolve;
  });
  await page.route("**/*.js", (route) => moved.then(() => route.continue()));
  const example = exampleOf(page);
  const picture = example.getByAltText(/^A drawn region/);
  await picture.scrollIntoViewIfNeeded();
  const box = (await picture.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  const fingers = await page.context().newCDPSession(page);
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", apart: number) =>
    fingers.send("Input.dispatchTouchEvent", {
      type,
      touchPoints: [-apart, apart].map((by, id) => ({ x: middle.x + by, y: middle.y, id })),
    });
  await touch("touchStart", 20);
  await touch("touchMove", 40);
  await expect(example.getByRole("application")).toBeHidden();
  letThrough();
  const minimap = example.getByTestId("minimap");
  await expect(minimap).toHaveCSS("opacity", "1");
  const bar = example.getByTestId("scale-bar");
  await expect(example.getByRole("application")).toHaveAttribute("data-drawn", "true");
  const before = (await bar.textContent()) ?? "";
  await touch("touchMove", 150);
  await expect(bar).not.toHaveText(before);
  await page.close();
});

test("images are dropped onto the example as anywhere", async ({ page }) => {
  await page.goto("/");
  await untilExampleOpens(page);
  const pane = exampleOf(page).getByRole("application");
  await drop(page, [drawing("drawn_crowded")], pane);
  await expect(page.getByRole("link", { name: "See where and why" })).toBeVisible();
  await expect(exampleOf(page)).toBeHidden();
});

test("on a phone the invitation comes first", async ({ page }) => {
  await page.setViewportSize(PHONE);
  await page.goto("/");
  const choose = await page.getByRole("button", { name: "Choose files" }).boundingBox();
  const example = await exampleOf(page).boundingBox();
  expect((choose?.y ?? 0) + (choose?.height ?? Number.NaN)).toBeLessThan(example?.y ?? 0);
  expect(example?.y).toBeLessThan(PHONE.height);
  await untilExampleOpens(page);
});

test("without the service home still invites", async ({ page, site }) => {
  await site.service.kill();
  try {
    await page.goto("/");
    await expect(page.getByRole("heading", { name: "Add images" })).toBeVisible();
    await expect(page.getByRole("button", { name: "Choose files" })).toBeVisible();
    await expect(exampleOf(page)).toBeHidden();
  } finally {
    await site.service.resume();
  }
});

test("the site speaks the browser's language", async ({ browser, site }) => {
  const page = await browser.newPage({ locale: "es-ES", baseURL: site.url });
  await page.goto("/");
  await expect(page.locator("html")).toHaveAttribute("lang", "es");
  await expect(page.getByRole("link", { name: "Historial" })).toBeVisible();
  await page.getByRole("button", { name: "English" }).click();
  await expect(page.getByRole("link", { name: "History" })).toBeVisible();
  await page.close();
});

test("a device that goes offline is told so, and goes on when it is back", async ({
  page,
  context,
}) => {
  await page.goto("/");
  await drop(page, [drawing("drawn_crowded")]);
  await expect(page.getByRole("link", { name: "See where and why" })).toBeVisible();
  await page.goto("/history");
  await expect(page.getByText("1 result", { exact: true })).toBeVisible();
  await context.setOffline(true);
  await expect(page.getByText("This device is offline.")).toBeVisible();
  await page.getByRole("button", { name: "Suggests IDC", exact: true }).click();
  await expect(page.getByRole("alert").filter({ hasText: "Something went wrong" })).toBeVisible();
  await context.setOffline(false);
  await expect(page.getByText("This device is offline.")).toBeHidden();
  await expect(page.getByRole("alert").filter({ hasText: "Something went wrong" })).toBeHidden();
});

test("every answer is guarded, also where nothing is", async ({ page }) => {
  for (const path of ["/", "/model", "/nothing", "/samples/nothing", "/icon.svg", "/icon.svgx"]) {
    const headers = (await page.goto(path))?.headers() ?? {};
    expect(headers["content-security-policy"], path).toContain("'strict-dynamic'");
    expect(headers["x-content-type-options"], path).toBe("nosniff");
    expect(headers["x-frame-options"], path).toBe("DENY");
  }
});

test("who asks too much waits, and is answered", async ({ browser }) => {
  test.slow();
  const site = await Site.start({ BIOPSIA_ADDRESS_IMAGES_PER_MINUTE: "20" });
  const page = await browser.newPage({ baseURL: site.url, locale: "en-US" });
  await page.goto("/");
  const refusal = await page.evaluate(async () => {
    for (let asked = 0; asked < 30; asked++) {
      const answer = await fetch("/api/stats");
      await answer.text();
      if (!answer.ok) {
        return answer.status;
      }
    }
    return null;
  });
  expect(refusal).toBe(429);
  await drop(page, [drawing("drawn_crowded")]);
  const refused = page.getByRole("article").getByText(/Too many requests.*Next try in \d+ second/);
  await expect(refused).toBeVisible();
  await expect(page.getByRole("button", { name: /^Try now/ })).toBeVisible();
  await expect(page.getByRole("link", { name: "See where and why" })).toBeVisible({
    timeout: 60_000,
  });
  await page.close();
  await site.stop();
});
