import { copied, drawing, noise } from "./files";
import { DESKTOP, expect, PHONE, test } from "./fixtures";
import { analyse, download, pagesOf, recordOf, untilDrawn, upload } from "./result-page";

test.use({ viewport: DESKTOP, locale: "en-US" });

test("a region can be downloaded", async ({ page }) => {
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
  expect(csv.content.subarray(0, 3).toString("hex")).toBe("efbbbf");
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

test("a patch can be downloaded, as a picture too", async ({ page }) => {
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

test("a result that is not saved can be downloaded too", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("switch", { name: "Save nothing" }).check();
  const id = await upload(page, drawing("drawn_loose"));
  const name = `biopsia_${id.slice(-12)}`;
  const json = await download(page, "JSON");
  expect(json.name).toBe(`${name}.json`);
  const result = JSON.parse(json.content.toString());
  expect(result).toMatchObject({ id, saved: false, gradcam: { overlay: null } });

  const csv = await download(page, "CSV");
  expect(csv.name).toBe(`${name}.csv`);
  const [header, line] = csv.content.toString().trim().split("\r\n");
  const column = header?.split(",").indexOf("probability") ?? -1;
  expect(Number(line?.split(",")[column])).toBe(result.probability);

  const geojson = await download(page, "GeoJSON");
  expect(geojson.name).toBe(`${name}.geojson`);
  expect(JSON.parse(geojson.content.toString()).features).toHaveLength(1);
  expect((await download(page, "PNG")).name).toBe(`${name}.png`);
});

test("a download that fails says why", async ({ page }) => {
  const { id } = await analyse(page, drawing("drawn_loose"));
  await page.goto(`/results/${id}`);
  const csv = page.getByRole("button", { name: "CSV", exact: true });
  await expect(csv).toBeVisible();
  await page.evaluate((path) => fetch(path, { method: "DELETE" }), `/api/history/${id}`);
  await csv.click();
  await expect(page.locator('[role="alert"][data-code="unknown_record"]')).toBeVisible();

  await page.context().setOffline(true);
  await page.getByRole("button", { name: "JSON", exact: true }).click();
  await expect(page.locator('[role="alert"][data-code="offline"]')).toBeVisible();
});

test("a part that cannot be loaded leaves the others", async ({ page }) => {
  const { id } = await analyse(page, drawing("drawn_loose"));
  await page.setViewportSize(PHONE);
  await page.goto(`/results/${id}`);
  await untilDrawn(page);
  await page.context().setOffline(true);
  await page.getByRole("heading", { name: "Other thresholds" }).scrollIntoViewIfNeeded();
  await expect(page.getByText("This part of the page could not be loaded.")).toBeVisible();
  await expect(page.getByRole("button", { name: "JSON", exact: true })).toBeVisible();
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
  await expect(page.getByRole("list", { name: "Reviews" }).getByRole("listitem")).toHaveCount(4);
  expect(pagesOf(await page.pdf({ format: "A4" }))).toBe(1);
});

test("a report has the foci, the reviewer's conclusion and what it is for", async ({ page }) => {
  await page.goto("/model");
  const result = await analyse(page, await copied(page, drawing("drawn_region"), 11));
  const foci = result.region?.foci ?? [];
  expect(foci.length).toBeGreaterThan(10);
  await page.goto(`/results/${result.id}`);
  await page.getByLabel("Note (optional)").fill("nests in a desmoplastic stroma");
  await page.getByRole("button", { name: "Agree", exact: true }).click();
  await expect(page.getByLabel("Note (optional)")).toHaveValue("");
  await untilDrawn(page);
  expect(pagesOf(await page.pdf({ format: "A4" }))).toBe(1);

  await page.emulateMedia({ media: "print" });
  const listed = page.getByRole("region", { name: "Suspicious foci" }).getByRole("listitem");
  await expect(listed.filter({ visible: true })).toHaveCount(10);
  await expect(listed.first()).toContainText(/mm² · [\d.]+ mm/);
  await expect(page.getByText("nests in a desmoplastic stroma")).toBeVisible();
  await expect(
    page.getByText("For research and teaching only").filter({ visible: true }),
  ).toHaveCount(1);
});
