import type { Page } from "@playwright/test";
import type { Focus, PredictionResult } from "../../src/lib/api/schema";
import { copied, drawing } from "./files";
import { DESKTOP, expect, PHONE, test } from "./fixtures";
import { analyse, colourAt, field, image, placing, untilDrawn } from "./result-page";

test.use({ viewport: DESKTOP, locale: "en-US", contextOptions: { reducedMotion: "reduce" } });

const listed = (page: Page) =>
  page.getByRole("region", { name: "Suspicious foci" }).getByRole("listitem");

async function open(page: Page, copies = 1): Promise<PredictionResult> {
  const region = drawing("drawn_region");
  await page.goto("/model");
  const file = copies === 1 ? region : await copied(page, region, copies);
  const result = await analyse(page, file);
  await page.goto(`/results/${result.id}`);
  await untilDrawn(page);
  return result;
}

/** The middle of the pane, on the page. */
async function middle(page: Page): Promise<{ x: number; y: number }> {
  const box = (await image(page).boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** The tile of a result with the highest probability: its place and its middle, in pixels. */
function peakOf({ region }: PredictionResult) {
  const rows = region?.tiles ?? [];
  const most = Math.max(...rows.flat().map((value) => value ?? 0));
  const row = rows.findIndex((line) => line.includes(most));
  const column = rows[row]?.indexOf(most) ?? 0;
  return { most, x: 50 * column + 22, y: 50 * row + 22 };
}

for (const [name, micronsPerPixel] of [
  ["1.25x", 8],
  ["10x", 1],
  ["40x", 0.25],
] as const) {
  test(`at ${name} a pixel of the screen shows ${micronsPerPixel} µm`, async ({ page }) => {
    const { image: facts } = await open(page);
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
  const { image: facts } = await open(page);
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

async function magnification(page: Page): Promise<string> {
  return (await page.getByTestId("magnification").textContent()) ?? "";
}

test("what is turned is drawn where its points are", async ({ page }) => {
  const result = await open(page);
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
  const result = await open(page);
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
  const result = await open(page);
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
  const { id } = await open(page);
  await page.getByLabel("Opacity").fill("40");
  await page.goto("/history");
  await page.goto(`/results/${id}`);
  await expect(page.getByLabel("Opacity")).toHaveValue("40");
});

test("while not all of the image is shown, a small one shows where that is", async ({ page }) => {
  await open(page);
  const minimap = page.getByTestId("minimap");
  await expect(minimap).toHaveCSS("opacity", "0");
  await image(page).focus();
  await page.keyboard.press("+");
  await expect(minimap).toHaveCSS("opacity", "1");
  await page.keyboard.press("0");
  await expect(minimap).toHaveCSS("opacity", "0");
});

test("the image fills the screen, and gives it back", async ({ page }) => {
  await open(page);
  await image(page).focus();
  await page.keyboard.press("f");
  await expect
    .poll(() => image(page).evaluate((pane) => document.fullscreenElement?.contains(pane)))
    .toBe(true);
  await page.getByRole("button", { name: "Leave full screen" }).click();
  await expect.poll(() => page.evaluate(() => document.fullscreenElement)).toBeNull();
});

function sizeText({ area_mm2, largest_dimension_mm }: Focus): string {
  const text = (value: number | null, digits: number) =>
    value?.toLocaleString("en-US", { maximumFractionDigits: digits });
  return `${text(area_mm2, 3)} mm² · ${text(largest_dimension_mm, 2)} mm`;
}

/** The page shows a result's own foci and figures. */
async function expectFigures(page: Page, result: PredictionResult): Promise<void> {
  const { region, threshold } = result;
  const foci = (region?.foci ?? []).toSorted(
    (one, other) =>
      other.peak_probability - one.peak_probability || (other.area_mm2 ?? 0) - (one.area_mm2 ?? 0),
  );
  const tiles = region?.tiles.flat().filter((value) => value !== null) ?? [];
  const share = (region?.malignant_fraction ?? 0).toLocaleString("en-US", {
    style: "percent",
    maximumFractionDigits: 1,
  });
  const area = region?.malignant_area_mm2?.toLocaleString("en-US", { maximumFractionDigits: 3 });
  await expect(listed(page)).toHaveText(
    foci.map(
      (focus, place) => `${place + 1} · ${focus.peak_probability.toFixed(3)}${sizeText(focus)}`,
    ),
  );
  const figures = page.getByTestId("region-figures");
  await expect(figures.getByText(`${area} mm²`)).toBeVisible();
  await expect(figures.getByText(share, { exact: true })).toBeVisible();
  const above = tiles.filter((value) => value >= threshold).length;
  await expect(figures.getByText(`${above} / ${tiles.length}`)).toBeVisible();
}

test("foci and figures are the API's, at its threshold and at any other", async ({ page }) => {
  const result = await open(page);
  expect(result.region?.foci.length).toBeGreaterThan(0);
  await expectFigures(page, result);
  const slider = page.getByRole("slider", { name: "Threshold of the map" });
  const { id } = result;
  for (const index of ["20", "55", "5", "95"]) {
    await slider.fill(index);
    const threshold = await slider.getAttribute("aria-valuetext");
    const options = { threshold: threshold ?? "", save: "false" };
    const other = await askAgain(page, options);
    expect(other.threshold).toBe(Number(threshold));
    await expectFigures(page, other);
  }
  expect(page.url()).toContain(id);
  await page.getByRole("button", { name: /^Back to/ }).click();
  await expectFigures(page, result);
});

/** Has the drawn region analysed once more without leaving the page. */
async function askAgain(page: Page, options: Record<string, string>): Promise<PredictionResult> {
  return page.evaluate(
    async ({ base64, options }) => {
      const form = new FormData();
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      form.append("file", new Blob([bytes]));
      form.append("microns_per_pixel", "4");
      for (const [name, value] of Object.entries(options)) {
        form.append(name, value);
      }
      return (await fetch("/api/predict", { method: "POST", body: form })).json();
    },
    { base64: drawing("drawn_region").buffer.toString("base64"), options },
  );
}

test("the explorer's threshold is that of the image", async ({ page }) => {
  const result = await open(page);
  const { x, y } = peakOf(result);
  const { at } = await placing(page, result.image);
  const place = at(x, y);
  const before = await colourAt(page, place.x, place.y);
  await page.getByRole("heading", { name: "Other thresholds" }).scrollIntoViewIfNeeded();
  await page.getByRole("slider", { name: "Threshold", exact: true }).fill("90");
  await expect(listed(page)).toHaveCount(0);
  await expect(page.getByText("No tile is at or above the threshold.")).toBeAttached();
  await image(page).scrollIntoViewIfNeeded();
  const after = (await placing(page, result.image)).at(x, y);
  expect(await colourAt(page, after.x, after.y)).not.toEqual(before);
  await page.getByRole("slider", { name: "Threshold of the map" }).fill("10");
  await page.getByRole("heading", { name: "Other thresholds" }).scrollIntoViewIfNeeded();
  await expect(page.getByRole("slider", { name: "Threshold", exact: true })).toHaveValue("10");
});

for (const [device, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
  test(`on a ${device} one focus after the other is flown to, in sight`, async ({ page }) => {
    await page.setViewportSize(viewport);
    const { region } = await open(page, 3);
    const count = region?.foci.length ?? 0;
    expect(count).toBeGreaterThan(2);
    await expect(listed(page)).toHaveCount(count);
    const pressed = (place: number) =>
      expect(listed(page).nth(place).getByRole("button")).toHaveAttribute("aria-pressed", "true");
    const next = page.getByRole("button", { name: "Next focus" });
    await next.scrollIntoViewIfNeeded();
    await next.click();
    await pressed(0);
    await expect(page.getByText(`Focus 1 of ${count}: highest probability`)).toBeAttached();
    await next.press("n");
    await pressed(1);
    await expect(image(page)).toBeInViewport({ ratio: 0.9 });
    await next.press("p");
    await next.press("p");
    await pressed(count - 1);
    await image(page).focus();
    await page.keyboard.press("n");
    await pressed(0);
  });
}

test("a length is measured by mouse and by keys", async ({ page }) => {
  const { image: facts } = await open(page);
  await page.getByRole("button", { name: "Ruler" }).click();
  const { at } = await placing(page, facts);
  const [from, to] = [at(100, 100), at(220, 190)];
  const status = page.getByText(/^(?:Ruler|Length): /);
  await expect(status).toHaveText("Ruler: choose the first point");
  await page.mouse.click(from.x, from.y);
  await expect(status).toHaveText("Ruler: choose the second point");
  await page.mouse.click(to.x, to.y);
  // 150 px of 4 µm, to the nearest pixel of the screen.
  await expect(status).toHaveText(/^Length: (?:59[6-9]|60[0-4]) µm$/);
  await image(page).focus();
  await page.keyboard.press("Escape");
  await expect(status).toBeHidden();

  await page.mouse.move(0, 0);
  await page.keyboard.press("l");
  await page.keyboard.press("+");
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowRight");
  const shown = page.getByTestId("magnification");
  await expect(shown).not.toHaveText("3.13x");
  const microns = (10 * 48) / Number.parseFloat((await shown.textContent()) ?? "");
  await page.keyboard.press("Enter");
  await expect(status).toContainText("Length:");
  const length = Number.parseFloat((await status.textContent())?.split(" ")[1] ?? "");
  expect(Math.abs(length - microns)).toBeLessThan(2);
});

test("outlines of QuPath are drawn beside the model's, and sent nowhere", async ({ page }) => {
  const { id, image: facts, region } = await open(page);
  const asked: string[] = [];
  page.on("request", (request) => asked.push(`${request.method()} ${request.url()}`));
  const choose = page.getByLabel("Draw annotations (GeoJSON)");
  const exported = await page.evaluate(
    async (path) => (await fetch(path)).text(),
    `/api/history/${id}/export.geojson`,
  );
  asked.length = 0;
  const file = (name: string, text: string) => ({
    name,
    mimeType: "application/geo+json",
    buffer: Buffer.from(text),
  });
  await choose.setInputFiles(file("wrong.geojson", "{}"));
  await expect(page.getByText("wrong.geojson holds no outlines")).toBeVisible();
  // What the service exports for QuPath comes back: all of its features are polygons.
  await choose.setInputFiles(file("back.geojson", exported));
  const { features } = JSON.parse(exported);
  const tissue = region?.tiles.flat().filter((value) => value !== null) ?? [];
  expect(features.length).toBeGreaterThanOrEqual(tissue.length);
  await expect(
    page.getByText(`${features.length} outlines of back.geojson, in blue`),
  ).toBeVisible();
  await page.getByRole("button", { name: "Remove" }).click();

  const ring = [
    [100, 100],
    [200, 100],
    [200, 160],
    [100, 160],
    [100, 100],
  ];
  const drawn = [{ type: "Feature", geometry: { type: "Polygon", coordinates: [ring] } }];
  const { at } = await placing(page, facts);
  const place = at(150, 100);
  const before = await colourAt(page, place.x, place.y);
  const transfer = await page.evaluateHandle((text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], "mine.geojson"));
    return data;
  }, JSON.stringify(drawn));
  await image(page).dispatchEvent("drop", { dataTransfer: transfer });
  await expect(page.getByText("1 outline of mine.geojson, in blue")).toBeVisible();
  const again = (await placing(page, facts)).at(150, 100);
  const [red = 0, , blue = 0] = await colourAt(page, again.x, again.y);
  expect(blue - red).toBeGreaterThan(100);
  await page.getByRole("button", { name: "Remove" }).click();
  const last = (await placing(page, facts)).at(150, 100);
  expect(await colourAt(page, last.x, last.y)).toEqual(before);
  expect(asked).toEqual([]);
});

test("side by side, what moves one image moves the other", async ({ page }) => {
  const { image: facts } = await open(page);
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
  await open(page);
  const whole = await magnification(page);
  await page.getByRole("radio", { name: "Side by side" }).check();
  const half = (Number.parseFloat(whole) / 2).toFixed(2);
  await expect(page.getByTestId("magnification")).toHaveText(`${half}x`);
  await page.getByRole("radio", { name: "Overlay" }).check();
  await expect(page.getByTestId("magnification")).toHaveText(whole);
});

test("the report shows all of the image, however it lies on the screen", async ({ page }) => {
  const result = await open(page);
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
    await open(page);
    await image(page).scrollIntoViewIfNeeded();
    const session = await page.context().newCDPSession(page);
    const { x, y } = await middle(page);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...points: [number, number][]) =>
      session.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: points.map(([x, y], id) => ({ x, y, id })),
      });
    const shown = page.getByTestId("magnification");
    const magnitude = async () => Number.parseFloat((await shown.textContent()) ?? "");
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
  await open(page);
  await expect.poll(() => libraries().length).toBe(1);
});

test("home loads the viewer's library once all else is there", async ({ page }) => {
  const { libraries } = librariesOf(page);
  await page.goto("/");
  await expect.poll(() => libraries().length).toBe(1);
  const [library = ""] = libraries();
  const html = await (await page.request.get("/")).text();
  expect(html).not.toContain(new URL(library).pathname);
  const order = await page.evaluate((library) => {
    const [visit] = performance.getEntriesByType("navigation");
    const [script] = performance.getEntriesByName(library);
    const loadedAt = (visit as PerformanceNavigationTiming).loadEventStart;
    return { isLoaded: loadedAt > 0, isLater: (script?.startTime ?? 0) >= loadedAt };
  }, library);
  expect(order).toEqual({ isLoaded: true, isLater: true });
});
