import type { Page } from "@playwright/test";
import { DESKTOP, expect, PHONE, test } from "./fixtures";
import {
  colourAt,
  field,
  image,
  magnification,
  middle,
  openRegion,
  peakOf,
  placing,
  untilExampleOpens,
} from "./result-page";

test.use({ viewport: DESKTOP, locale: "en-US", contextOptions: { reducedMotion: "reduce" } });

for (const [name, micronsPerPixel] of [
  ["1.25x", 8],
  ["10x", 1],
  ["40x", 0.25],
] as const) {
  test(`at ${name} a pixel of the screen shows ${micronsPerPixel} µm`, async ({ page }) => {
    const { image: facts } = await openRegion(page);
    await page.getByRole("button", { name, exact: true }).click();
    await expect(page.getByTestId("magnification")).toHaveText(name);
    const bar = page.getByTestId("scale-bar");
    const text = (await bar.textContent()) ?? "";
    const microns = Number.parseFloat(text) * (text.endsWith("mm") ? 1000 : 1);
    const length = (await bar.locator("[data-length]").boundingBox())?.width ?? 0;
    expect(microns / length).toBeCloseTo(micronsPerPixel, 2);
    const { x, y } = await middle(page);
    const xOf = async (at: number) => {
      await page.mouse.move(at, y);
      await expect(field(page, "Position")).toContainText("px");
      return Number((await field(page, "Position").textContent())?.split(",")[0]);
    };
    const [left, right] = [await xOf(x - 36), await xOf(x + 36)];
    const wanted = (72 * micronsPerPixel) / facts.microns_per_pixel;
    expect(Math.abs(right - left - wanted)).toBeLessThanOrEqual(1);
  });
}

test("the image is turned and mirrored, and points stay what they are", async ({ page }) => {
  const { image: facts } = await openRegion(page);
  const { x, y } = await middle(page);
  const position = field(page, "Position");
  const whole = await magnification(page);
  const step = async () =>
    (60 * facts.microns_per_pixel * Number.parseFloat(await magnification(page))) / 10;
  await image(page).focus();
  await page.keyboard.press("r");
  await expect.poll(() => magnification(page)).not.toBe(whole);
  // 60 px of the image, to the right of its middle, lie below it now.
  await page.mouse.move(x, y + (await step()));
  await expect(position).toContainText(/^(?:359|360), (?:199|200) px/);
  await page.keyboard.press("Shift+R");
  await page.getByRole("button", { name: "Mirror" }).click();
  await expect.poll(() => magnification(page)).toBe(whole);
  await page.mouse.move(x + (await step()), y);
  await expect(position).toContainText(/^(?:239|240), (?:199|200) px/);
  await image(page).focus();
  await page.keyboard.press("m");
  await page.mouse.move(x + (await step()), y + 1);
  await expect(position).toContainText(/^(?:359|360), (?:199|200) px/);
});

test("what is turned is drawn where its points are", async ({ page }) => {
  const result = await openRegion(page);
  const { most, x, y } = peakOf(result);
  const whole = await magnification(page);
  await page.getByRole("button", { name: "Turn by 90°" }).click();
  await expect.poll(() => magnification(page)).not.toBe(whole);
  const centre = await middle(page);
  const scale =
    (Number.parseFloat(await magnification(page)) / 10) * result.image.microns_per_pixel;
  const at = { x: centre.x - (y - 200) * scale, y: centre.y + (x - 300) * scale };
  await page.mouse.move(at.x, at.y);
  await expect(field(page, "Probability")).toContainText(most.toFixed(3));
  const covered = await colourAt(page, at.x, at.y);
  await page.getByRole("radio", { name: "Image" }).check();
  expect(await colourAt(page, at.x, at.y)).not.toEqual(covered);
});

test("the legend has the colours of the screen", async ({ page }) => {
  const result = await openRegion(page);
  const { most, x, y } = peakOf(result);
  const { at } = await placing(page, result.image);
  const place = at(x, y);
  const seen = await colourAt(page, place.x, place.y);
  const bar = (await page.getByTestId("legend").boundingBox()) ?? {
    x: 0,
    y: 0,
    width: 0,
    height: 0,
  };
  const legend = await colourAt(page, bar.x + most * bar.width, bar.y + bar.height / 2);
  await page.getByRole("radio", { name: "Image" }).check();
  const bare = await colourAt(page, place.x, place.y);
  for (const channel of [0, 1, 2]) {
    // The same colour, as strong, over white.
    const wanted = 0.65 * ((bare[channel] ?? 0) - 255) + (legend[channel] ?? 0);
    expect(Math.abs((seen[channel] ?? 0) - wanted)).toBeLessThanOrEqual(4);
  }
});

test("a key that is held hides all that lies over the image", async ({ page }) => {
  const result = await openRegion(page);
  const { x, y } = peakOf(result);
  const { at } = await placing(page, result.image);
  const place = at(x, y);
  const colour = () => colourAt(page, place.x, place.y);
  const covered = await colour();
  await page.getByRole("radio", { name: "Image" }).check();
  const bare = await colour();
  await page.getByRole("radio", { name: "Overlay" }).check();
  await image(page).focus();
  for (const key of ["h", " "]) {
    await page.keyboard.down(key);
    await expect.poll(colour).toEqual(bare);
    await page.keyboard.up(key);
    await expect.poll(colour).toEqual(covered);
  }
});

test("the opacity is remembered", async ({ page }) => {
  const { id } = await openRegion(page);
  await page.getByLabel("Opacity").fill("40");
  await page.goto("/history");
  await page.goto(`/results/${id}`);
  await expect(page.getByLabel("Opacity")).toHaveValue("40");
});

test("while not all of the image is shown, a small one shows where that is", async ({ page }) => {
  await openRegion(page);
  const minimap = page.getByTestId("minimap");
  await expect(minimap).toHaveCSS("opacity", "0");
  await image(page).focus();
  await page.keyboard.press("+");
  await expect(minimap).toHaveCSS("opacity", "1");
  await page.keyboard.press("0");
  await expect(minimap).toHaveCSS("opacity", "0");
});

test("the image fills the screen, and gives it back", async ({ page }) => {
  await openRegion(page);
  await image(page).focus();
  await page.keyboard.press("f");
  await expect
    .poll(() => image(page).evaluate((pane) => document.fullscreenElement?.contains(pane)))
    .toBe(true);
  await page.getByRole("button", { name: "Leave full screen" }).click();
  await expect.poll(() => page.evaluate(() => document.fullscreenElement)).toBeNull();
});

test("side by side, what moves one image moves the other", async ({ page }) => {
  const { image: facts } = await openRegion(page);
  await page.getByRole("radio", { name: "Side by side" }).check();
  await expect(page.locator("[role=application][data-drawn=true]")).toHaveCount(2);
  const boxes = await page.getByRole("application").all();
  const position = field(page, "Position");
  for (const pane of boxes) {
    await pane.focus();
    await page.keyboard.press("+");
    await page.keyboard.press("ArrowRight");
    const seen: (string | null)[] = [];
    for (const each of boxes) {
      await each.hover({ position: { x: 120, y: 200 } });
      await expect(position).toContainText("px");
      seen.push(await position.textContent());
    }
    expect(seen[0]).toBe(seen[1]);
    expect(seen[0]).not.toContain(`${facts.width / 2}, `);
  }
});

test("all of the image stays in sight when its room changes", async ({ page }) => {
  await openRegion(page);
  const whole = await magnification(page);
  await page.getByRole("radio", { name: "Side by side" }).check();
  const half = (Number.parseFloat(whole) / 2).toFixed(2);
  await expect(page.getByTestId("magnification")).toHaveAttribute("title", `${half}x`);
  await page.getByRole("radio", { name: "Overlay" }).check();
  await expect(page.getByTestId("magnification")).toHaveAttribute("title", whole);
});

test("the report shows all of the image, however it lies on the screen", async ({ page }) => {
  const result = await openRegion(page);
  await image(page).focus();
  for (const key of ["+", "+", "+", "r"]) {
    await page.keyboard.press(key);
  }
  await page.pdf({ format: "A4" });
  const { x, y } = peakOf(result);
  const colours = await page.locator("canvas[data-layer=print]").evaluate(
    (canvas, { x, y }) => {
      const { width, height } = canvas as HTMLCanvasElement;
      const context = (canvas as HTMLCanvasElement).getContext("2d");
      const colour = (x: number, y: number) => [...(context?.getImageData(x, y, 1, 1).data ?? [])];
      return { width, height, peak: colour((x / 600) * width, (y / 400) * height) };
    },
    { x, y },
  );
  expect([colours.width, colours.height]).toEqual([1400, 933]);
  expect(colours.peak[3]).toBe(255);
  expect(colours.peak[1]).toBeGreaterThan(colours.peak[0] ?? 255);
});

test.describe("with fingers", () => {
  test.use({ viewport: PHONE, hasTouch: true, isMobile: true });

  test("two zoom and move the image; one moves it once it is larger than its pane", async ({
    page,
  }) => {
    await openRegion(page);
    await image(page).scrollIntoViewIfNeeded();
    const session = await page.context().newCDPSession(page);
    const { x, y } = await middle(page);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...points: [number, number][]) =>
      session.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: points.map(([x, y], id) => ({ x, y, id })),
      });
    const magnitude = async () => Number.parseFloat(await magnification(page));
    const whole = await magnitude();
    await touch("touchStart", [x - 20, y], [x + 20, y]);
    for (let step = 1; step <= 8; step++) {
      await touch("touchMove", [x - 20 - 5 * step, y], [x + 20 + 5 * step, y]);
    }
    await touch("touchEnd");
    await expect.poll(magnitude).toBeGreaterThan(2.5 * whole);
    const larger = await magnitude();

    const position = field(page, "Position");
    const column = async () => Number((await position.textContent())?.split(",")[0]);
    await touch("touchStart", [x, y]);
    const before = await column();
    for (let step = 1; step <= 6; step++) {
      await touch("touchMove", [x - 10 * step, y]);
    }
    await touch("touchEnd");
    // The point under the finger went along with it.
    await expect.poll(async () => Math.abs((await column()) - before)).toBeLessThan(4);
    expect(await magnitude()).toBeCloseTo(larger, 1);
  });
});

/** Addresses of the scripts with the viewer's library among all that the page has loaded. */
function librariesOf(page: Page): { all: Map<string, string>; libraries: () => string[] } {
  const all = new Map<string, string>();
  page.on("response", async (response) => {
    if (response.request().resourceType() === "script") {
      all.set(response.url(), await response.text());
    }
  });
  const isLibrary = (url: string) => all.get(url)?.includes("openseadragon-container");
  return { all, libraries: () => [...all.keys()].filter(isLibrary) };
}

test("pages without an image do not load the viewer's library", async ({ page }) => {
  const { all, libraries } = librariesOf(page);
  for (const path of ["/model", "/history", "/dashboard"]) {
    await page.goto(path, { waitUntil: "networkidle" });
  }
  expect(all.size).toBeGreaterThan(3);
  expect(libraries()).toEqual([]);
  await openRegion(page);
  await expect.poll(() => libraries().length).toBe(1);
});

test("home loads the viewer's library once somebody is there", async ({ page }) => {
  const { all, libraries } = librariesOf(page);
  await page.goto("/", { waitUntil: "networkidle" });
  await expect.poll(() => all.size).toBeGreaterThan(3);
  expect(libraries()).toEqual([]);
  await untilExampleOpens(page);
  await expect.poll(() => libraries().length).toBe(1);
  const [library = ""] = libraries();
  const html = await (await page.request.get("/")).text();
  expect(html).not.toContain(new URL(library).pathname);
});
