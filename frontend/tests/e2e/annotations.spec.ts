import { DESKTOP, expect, test } from "./fixtures";
import { colourAt, image, openRegion, placing } from "./result-page";

test.use({ viewport: DESKTOP, locale: "en-US", contextOptions: { reducedMotion: "reduce" } });

test("a length is measured by mouse and by keys", async ({ page }) => {
  const { image: facts } = await openRegion(page);
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
  await expect(shown).not.toHaveText("3.1x");
  const microns = (10 * 48) / Number.parseFloat((await shown.getAttribute("title")) ?? "");
  await page.keyboard.press("Enter");
  await expect(status).toContainText("Length:");
  const length = Number.parseFloat((await status.textContent())?.split(" ")[1] ?? "");
  expect(Math.abs(length - microns)).toBeLessThan(2);
});

test("outlines of QuPath are drawn beside the model's, and sent nowhere", async ({ page }) => {
  const { id, image: facts, region } = await openRegion(page);
  const asked: string[] = [];
  page.on("request", (request) => asked.push(`${request.method()} ${request.url()}`));
  const choose = page.getByLabel("Show QuPath annotations (GeoJSON)");
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
  await expect(page.getByText("wrong.geojson has no outlines")).toBeVisible();
  const far = { type: "Polygon", coordinates: [[0, 1, 2, 0].map((x) => [9000 + x, 9000])] };
  await choose.setInputFiles(file("slide.geojson", JSON.stringify(far)));
  await expect(page.getByText("All outlines of slide.geojson lie outside")).toBeVisible();
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
  // Beside the image too, where the browser would open the file in place of the page.
  const heading = page.getByRole("heading", { level: 1 });
  await heading.dispatchEvent("drop", { dataTransfer: transfer });
  await expect(page.getByText("1 outline of mine.geojson, in blue")).toBeVisible();
  const again = (await placing(page, facts)).at(150, 100);
  const [red = 0, , blue = 0] = await colourAt(page, again.x, again.y);
  expect(blue - red).toBeGreaterThan(100);
  await page.getByRole("button", { name: "Remove" }).click();
  const last = (await placing(page, facts)).at(150, 100);
  expect(await colourAt(page, last.x, last.y)).toEqual(before);
  expect(asked).toEqual([]);
});
