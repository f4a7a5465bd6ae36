import { readFile } from "node:fs/promises";
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import type { HistoryRecord, PredictionResult } from "../../src/lib/api/schema";
import { drawing, noise, type TestFile } from "./files";
import { DESKTOP, expect, PHONE, test } from "./fixtures";

test.use({ viewport: DESKTOP, locale: "en-US" });

const VERDICTS = {
  malignant: "Looks like invasive carcinoma",
  benign: "Looks healthy",
  uncertain: "Too close to call",
};

/** Has an image judged for the page's visitor, without the page. */
async function analyse(
  page: Page,
  file: TestFile,
  options: Record<string, string> = {},
): Promise<PredictionResult> {
  await page.goto("/model");
  return page.evaluate(
    async ({ base64, options }) => {
      const form = new FormData();
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      form.append("file", new Blob([bytes]));
      for (const [name, value] of Object.entries(options)) {
        form.append(name, value);
      }
      return (await fetch("/api/predict", { method: "POST", body: form })).json();
    },
    { base64: file.buffer.toString("base64"), options },
  );
}

/** Chooses a file on the first page and goes on to its result. */
async function upload(page: Page, file: TestFile): Promise<string> {
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Choose files" }).click();
  await (await chooser).setFiles(file);
  await page.getByRole("link", { name: "See where and why" }).first().click();
  await page.waitForURL(/\/results\//);
  return page.url().split("/").at(-1) ?? "";
}

async function recordOf(page: Page, id: string): Promise<HistoryRecord> {
  return page.evaluate(
    async (path) => (await fetch(path)).json(),
    `/api/history/${id}?explain=false`,
  );
}

function figure(probability: number): string {
  return probability.toLocaleString("en-US", {
    minimumFractionDigits: 3,
    maximumFractionDigits: 3,
  });
}

function percent(share: number): string {
  return share.toLocaleString("en-US", {
    style: "percent",
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
}

function image(page: Page) {
  return page.getByRole("application", { name: "Image with evidence" });
}

/** The picture that the server sent gives way to the drawing. */
async function untilDrawn(page: Page): Promise<void> {
  await expect(page.getByAltText("The image that was judged")).toHaveCSS("opacity", "0");
}

/** Where points of the image lie on the page, while all of it is shown. */
async function placing(page: Page, { width, height }: PredictionResult["image"]) {
  await untilDrawn(page);
  await image(page).scrollIntoViewIfNeeded();
  const box = (await image(page).boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  const scale = Math.min(box.width / width, box.height / height);
  return {
    scale,
    at: (x: number, y: number) => ({
      x: box.x + (box.width - scale * width) / 2 + scale * x,
      y: box.y + (box.height - scale * height) / 2 + scale * y,
    }),
  };
}

function field(page: Page, name: string) {
  return page
    .getByLabel("Under the pointer")
    .locator("div")
    .filter({ has: page.getByText(name, { exact: true }) })
    .getByRole("definition");
}

/** Colour in the middle of a part of the image, as it is drawn. */
function colourAt(page: Page, x: number, y: number): Promise<number[]> {
  return image(page)
    .locator("canvas")
    .evaluate(
      (canvas, place) => {
        const bounds = canvas.getBoundingClientRect();
        const ratio = (canvas as HTMLCanvasElement).width / bounds.width;
        const context = (canvas as HTMLCanvasElement).getContext("2d");
        const [left, top] = [(place.x - bounds.left) * ratio, (place.y - bounds.top) * ratio];
        return [...(context?.getImageData(left, top, 1, 1).data ?? [])];
      },
      { x, y },
    );
}

async function download(page: Page, name: string): Promise<{ name: string; content: Buffer }> {
  const started = page.waitForEvent("download");
  await page.getByRole("button", { name, exact: true }).click();
  const file = await started;
  return { name: file.suggestedFilename(), content: await readFile(await file.path()) };
}

function pagesOf(pdf: Buffer): number {
  return pdf.toString("latin1").match(/\/Type\s*\/Page(?![s\w])/g)?.length ?? 0;
}

for (const sample of ["drawn_crowded", "drawn_region"] as const) {
  test(`${sample}, once uploaded, shows what the history holds`, async ({ page }) => {
    await page.goto("/");
    const id = await upload(page, drawing(sample));
    const heading = page.getByRole("heading", { level: 1 });
    await expect(heading).toHaveText(/Looks|close/);
    const { result } = await recordOf(page, id);
    await expect(heading).toHaveText(VERDICTS[result.verdict]);
    await expect(page.getByTestId("probability")).toHaveText(figure(result.probability));
    await expect(page.getByText("Scale assumed", { exact: true })).toBeVisible();
    await expect(page.getByText("not a diagnosis").first()).toBeVisible();
    await page.reload();
    await expect(heading).toHaveText(VERDICTS[result.verdict]);
  });
}

test("the verdict is on the page before any script has run", async ({ page, browser, site }) => {
  const { id, verdict, probability } = await analyse(page, drawing("drawn_crowded"));
  const context = await browser.newContext({
    javaScriptEnabled: false,
    locale: "en-US",
    baseURL: site.url,
    storageState: await page.context().storageState(),
  });
  const plain = await context.newPage();
  await plain.goto(`/results/${id}`);
  await expect(plain.getByRole("heading", { level: 1 })).toHaveText(VERDICTS[verdict]);
  await expect(plain.getByTestId("probability")).toHaveText(figure(probability));
  await context.close();
});

test("the opacity decides how much of the evidence is seen", async ({ page }) => {
  const { id, image: facts, region } = await analyse(page, drawing("drawn_region"));
  await page.goto(`/results/${id}`);
  const rows = region?.tiles ?? [];
  const most = Math.max(...rows.flat().map((value) => value ?? 0));
  const row = rows.findIndex((line) => line.includes(most));
  const column = rows[row]?.indexOf(most) ?? 0;
  const { at } = await placing(page, facts);
  const { x, y } = at(50 * column + 22, 50 * row + 22);
  const opacity = page.getByLabel("Opacity");
  const full = await colourAt(page, x, y);
  await opacity.fill("50");
  const half = await colourAt(page, x, y);
  await opacity.fill("0");
  const none = await colourAt(page, x, y);
  await page.getByRole("radio", { name: "Image" }).check();
  expect(await colourAt(page, x, y)).toEqual(none);
  expect(full).not.toEqual(none);
  for (const channel of [0, 1, 2]) {
    const middle = ((full[channel] ?? 0) + (none[channel] ?? 0)) / 2;
    expect(Math.abs((half[channel] ?? 0) - middle)).toBeLessThanOrEqual(3);
  }
});

test("side by side, one image is without evidence", async ({ page }) => {
  const { id } = await analyse(page, drawing("drawn_region"));
  await page.goto(`/results/${id}`);
  await page.getByRole("radio", { name: "Side by side" }).check();
  const panes = page.getByRole("application");
  await expect(panes).toHaveCount(2);
  const [plain, evidence] = await Promise.all([0, 1].map((place) => panes.nth(place).screenshot()));
  expect(plain?.equals(evidence ?? Buffer.alloc(0))).toBe(false);
  await expect(panes.first()).toHaveAccessibleName("Image");
});

test("each cell of the grid says its evidence", async ({ page }) => {
  const { id, image: facts, gradcam } = await analyse(page, drawing("drawn_crowded"));
  await page.goto(`/results/${id}`);
  await page.getByRole("radio", { name: "Grid" }).check();
  const { at } = await placing(page, facts);
  for (const [row, line] of gradcam.grid.entries()) {
    for (const [column, value] of line.entries()) {
      const side = facts.width / gradcam.columns;
      const { x, y } = at(side * (column + 0.5), side * (row + 0.5));
      await page.mouse.move(x, y);
      await expect(field(page, "Cell")).toHaveText(`row ${row + 1}, column ${column + 1}`);
      const figure = (value ?? 0).toLocaleString("en-US", {
        minimumFractionDigits: 2,
        maximumFractionDigits: 2,
        signDisplay: "negative",
      });
      await expect(field(page, "Evidence")).toHaveText(`${figure} logit`);
    }
  }
});

test("the tile under the pointer is the API's, and its figures are the region's", async ({
  page,
}) => {
  const { id, image: facts, region, threshold } = await analyse(page, drawing("drawn_region"));
  await page.goto(`/results/${id}`);
  const { at } = await placing(page, facts);
  for (const [row, column] of [
    [0, 0],
    [3, 5],
    [4, 9],
    [7, 7],
    [5, 8],
  ] as const) {
    const { x, y } = at(50 * column + 25, 50 * row + 25);
    await page.mouse.move(x, y);
    await expect(field(page, "Tile")).toHaveText(`row ${row + 1}, column ${column + 1}`);
    const value = region?.tiles[row]?.[column] ?? null;
    const side = value !== null && value >= threshold ? "at or above" : "below";
    const words = value === null ? "no tissue" : `${value.toFixed(3)}, ${side}`;
    await expect(field(page, "Probability")).toHaveText(words);
  }
  const area = region?.malignant_area_mm2.toLocaleString("en-US", { maximumFractionDigits: 3 });
  await expect(page.getByText(`${area} mm²`)).toBeVisible();
  await expect(page.getByText(percent(region?.malignant_fraction ?? 0))).toBeVisible();
});

test("the image is zoomed and moved by mouse and by keys", async ({ page }) => {
  const { id, image: facts } = await analyse(page, drawing("drawn_region"));
  await page.goto(`/results/${id}`);
  const { at, scale } = await placing(page, facts);
  const place = at(300.5, 200.5);
  const position = field(page, "Position");
  await page.mouse.move(place.x, place.y);
  await expect(position).toContainText("300, 200 px");
  const x = async () => Number((await position.textContent())?.split(",")[0]);

  await page.mouse.wheel(0, -600);
  await expect(position).toContainText("300, 200 px");
  await page.mouse.move(place.x + 60 * scale, place.y);
  await expect.poll(x).toBeLessThan(345);
  expect(await x()).toBeGreaterThan(300);

  await page.mouse.down();
  await page.mouse.move(place.x + 160 * scale, place.y, { steps: 4 });
  await page.mouse.up();
  const dragged = await x();
  await image(page).focus();
  await page.keyboard.press("ArrowRight");
  await expect.poll(x).toBeGreaterThan(dragged);
  await page.keyboard.press("0");
  await expect.poll(x).toBe(460);
  await page.keyboard.press("+");
  await expect.poll(x).toBeLessThan(460);
  await page.getByRole("button", { name: "Show all" }).click();
  await page.mouse.move(place.x, place.y);
  await expect(position).toContainText("300, 200 px");
});

test("the most suspicious tiles are in a table that leads to them", async ({ page }) => {
  const { id, region } = await analyse(page, drawing("drawn_region"));
  await page.goto(`/results/${id}`);
  await page.getByText("The 20 most suspicious tiles").first().click();
  const rows = page.getByRole("table").first().getByRole("row");
  await expect(rows).toHaveCount(21);
  const most = Math.max(...(region?.tiles.flat().map((value) => value ?? 0) ?? []));
  await expect(rows.nth(1)).toContainText(most.toFixed(3));
  const button = rows.nth(1).getByRole("button");
  await button.focus();
  await page.keyboard.press("Enter");
  await expect(button).toHaveAttribute("aria-pressed", "true");
  await expect(field(page, "Probability")).toContainText(most.toFixed(3));
});

test("a region can be taken along", async ({ page }) => {
  const { id } = await analyse(page, drawing("drawn_region"), { microns_per_pixel: "3" });
  await page.goto(`/results/${id}`);
  const { result } = await recordOf(page, id);
  const name = `biopsia_${id.slice(-12)}`;
  const values = result.region?.tiles.flat().filter((value) => value !== null) ?? [];

  const json = await download(page, "JSON");
  expect(json.name).toBe(`${name}.json`);
  expect(JSON.parse(json.content.toString())).toEqual(result);

  const csv = await download(page, "CSV");
  expect(csv.name).toBe(`${name}.csv`);
  const [header, ...lines] = csv.content.toString().trim().split("\r\n");
  const columns = header?.split(",") ?? [];
  const column = (title: string) =>
    lines.map((line) => line.split(",")[columns.indexOf(title)] ?? "");
  expect(column("probability").map(Number)).toEqual(values);
  expect(column("at_or_above_threshold")).toEqual(
    values.map((value) => String(value >= result.threshold)),
  );
  column("x_um").forEach((x, line) => {
    expect(Number(x)).toBeCloseTo(3 * Number(column("x_px")[line]), 2);
  });

  const geojson = await download(page, "GeoJSON");
  expect(geojson.name).toBe(`${name}.geojson`);
  const { features } = JSON.parse(geojson.content.toString());
  const probabilities = features.map(
    (one: { properties: { measurements: { probability: number } } }) =>
      one.properties.measurements.probability,
  );
  expect(probabilities).toEqual(values);
  const corners: [number, number][] = features.flatMap(
    (one: { geometry: { coordinates: unknown[][] } }) => one.geometry.coordinates[0],
  );
  expect(Math.max(...corners.map(([x]) => x))).toBeLessThanOrEqual(600);
  expect(Math.max(...corners.map(([, y]) => y))).toBeLessThanOrEqual(400);
});

test("a patch can be taken along, as a picture too", async ({ page }) => {
  const { id, probability } = await analyse(page, drawing("drawn_crowded"));
  await page.goto(`/results/${id}`);
  const csv = await download(page, "CSV");
  const [header, line, ...rest] = csv.content.toString().trim().split("\r\n");
  expect(rest).toEqual([]);
  const column = header?.split(",").indexOf("probability") ?? -1;
  expect(Number(line?.split(",")[column])).toBeCloseTo(probability, 6);

  const png = await download(page, "PNG");
  expect(png.name).toBe(`biopsia_${id.slice(-12)}.png`);
  expect(png.content.subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n");
  // 50 px are drawn 24 times as large; legend and caption are below.
  expect(png.content.readUInt32BE(16)).toBe(1200);
  expect(png.content.readUInt32BE(20)).toBeGreaterThan(1300);

  await page.getByRole("radio", { name: "Side by side" }).check();
  const both = await download(page, "PNG");
  expect(both.content.readUInt32BE(16)).toBeGreaterThan(2400);
});

test("a report is one page, also with much to say", async ({ page }) => {
  const patch = await analyse(page, drawing("drawn_loose"));
  await page.goto(`/results/${patch.id}`);
  await untilDrawn(page);
  expect(pagesOf(await page.pdf({ format: "A4" }))).toBe(1);

  const region = await analyse(page, noise("noise.png", 90), { microns_per_pixel: "20" });
  expect(region.warnings.length).toBeGreaterThan(1);
  await page.goto(`/results/${region.id}`);
  for (const _ of [1, 2, 3, 4]) {
    await page.getByLabel("Note (optional)").fill("a long note ".repeat(150));
    await page.getByRole("button", { name: "Unsure" }).click();
    await expect(page.getByLabel("Note (optional)")).toHaveValue("");
  }
  await expect(page.getByRole("list", { name: "Opinions" }).getByRole("listitem")).toHaveCount(4);
  expect(pagesOf(await page.pdf({ format: "A4" }))).toBe(1);
});

test("second opinions are added, and stay", async ({ page }) => {
  const { id, verdict } = await analyse(page, drawing("drawn_loose"));
  expect(verdict).toBe("benign");
  await page.goto(`/results/${id}`);
  const opinions = page.getByRole("list", { name: "Opinions" }).getByRole("listitem");
  await page.getByRole("button", { name: "Agree", exact: true }).click();
  await expect(page.getByText("Your opinion is saved.")).toBeVisible();
  await expect(opinions).toHaveCount(1);
  await page.getByLabel("Note (optional)").fill("nests of cells in the corner");
  await page.getByRole("button", { name: "Disagree: carcinoma" }).click();
  await expect(opinions).toHaveCount(2);
  await page.reload();
  await expect(opinions.first()).toContainText("Disagree · carcinoma");
  await expect(opinions.first()).toContainText("nests of cells in the corner");
  await expect(opinions.last()).toContainText("Agree · no carcinoma");
  const { reviews } = await recordOf(page, id);
  expect(reviews.map(({ opinion, label, note }) => ({ opinion, label, note }))).toEqual([
    { opinion: "agree", label: "no_idc", note: null },
    { opinion: "disagree", label: "idc", note: "nests of cells in the corner" },
  ]);
});

test("the results before and after are one press away", async ({ page }) => {
  const older = await analyse(page, drawing("drawn_loose"));
  const newer = await analyse(page, drawing("drawn_crowded"));
  await page.goto(`/results/${newer.id}`);
  await expect(page.getByRole("button", { name: "Previous", exact: true })).toBeDisabled();
  await page.getByRole("link", { name: "Next", exact: true }).click();
  await expect(page).toHaveURL(new RegExp(older.id));
  await expect(page.getByTestId("probability")).toHaveText(figure(older.probability));
  await expect(page.getByRole("button", { name: "Next", exact: true })).toBeDisabled();
  await page.keyboard.press("k");
  await expect(page).toHaveURL(new RegExp(newer.id));
  await expect(page.getByTestId("probability")).toHaveText(figure(newer.probability));
  await page.getByLabel("Note (optional)").press("j");
  await expect(page.getByLabel("Note (optional)")).toHaveValue("j");
  await expect(page).toHaveURL(new RegExp(newer.id));
  await page.getByRole("heading", { level: 1 }).click();
  await page.keyboard.press("ArrowRight");
  await expect(page).toHaveURL(new RegExp(older.id));
});

test("another visitor does not find it", async ({ page, browser, site }) => {
  const { id } = await analyse(page, drawing("drawn_loose"));
  const stranger = await browser.newPage({ baseURL: site.url, locale: "en-US" });
  await stranger.goto(`/results/${id}`);
  await expect(stranger.getByText("There is no such result in your history.")).toBeVisible();
  await stranger.getByRole("link", { name: "Analyse an image" }).click();
  await expect(stranger).toHaveURL(/\/$/);
  await stranger.close();
  const response = await page.goto("/results/not-an-id");
  expect(response?.status()).toBe(404);
});

test("what is not to be kept is shown, asked of nobody, and gone", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("switch").check();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  const id = await upload(page, drawing("drawn_region"));
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/Looks|close/);
  await expect(page.getByText("it is gone when you close this page")).toBeVisible();
  await expect(page.getByText("This is a small copy")).toBeHidden();
  await expect(page.getByRole("button", { name: "Agree" })).toBeHidden();
  expect(asked.filter((path) => path.startsWith(`/api/history/${id}`))).toEqual([]);
  await page.reload();
  await expect(page.getByText("There is no such result in your history.")).toBeVisible();
});

test("the original is shown again from the visitor's own copy", async ({ page }) => {
  const { id } = await analyse(page, drawing("drawn_region"));
  await page.goto(`/results/${id}`);
  const small = page.getByText("This is a small copy");
  await expect(small).toBeVisible();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.method()));
  const field = page.getByLabel("Choose the original again");
  await field.setInputFiles(drawing("drawn_loose"));
  await expect(page.getByText("This is another file.")).toBeVisible();
  await field.setInputFiles(drawing("drawn_region"));
  await expect(small).toBeHidden();
  const picture = page.getByAltText("The image that was judged");
  await expect
    .poll(() => picture.evaluate((node) => (node as HTMLImageElement).naturalWidth))
    .toBe(600);
  expect(asked.filter((method) => method !== "GET")).toEqual([]);
});

test("a result is deleted once that is confirmed", async ({ page }) => {
  const { id } = await analyse(page, drawing("drawn_loose"));
  await page.goto(`/results/${id}`);
  await page.getByRole("button", { name: "Delete" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(dialog).toBeHidden();
  await page.getByRole("button", { name: "Delete" }).click();
  await dialog.getByRole("button", { name: "Delete for good" }).click();
  await expect(page).toHaveURL(/\/history$/);
  await page.goBack();
  await expect(page.getByText("There is no such result in your history.")).toBeVisible();
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`in Spanish, on a phone, ${colorScheme}, all is within reach`, async ({ browser, site }) => {
    const context = await browser.newContext({
      baseURL: site.url,
      locale: "es-ES",
      viewport: PHONE,
      colorScheme,
      hasTouch: true,
    });
    const page = await context.newPage();
    const { id, probability } = await analyse(page, drawing("drawn_region"));
    await page.goto(`/results/${id}`);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Parece carcinoma invasivo");
    await expect(page.getByTestId("probability")).toHaveText(figure(probability).replace(".", ","));
    for (const width of [PHONE.width, 320]) {
      await page.setViewportSize({ width, height: PHONE.height });
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow).toBe(0);
    }
    await page.getByText("Las 20 teselas más sospechosas").first().click();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    await context.close();
  });
}
