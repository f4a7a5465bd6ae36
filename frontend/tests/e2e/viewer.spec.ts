import { drawing } from "./files";
import { DESKTOP, expect, test } from "./fixtures";
import { analyse, colourAt, field, image, percent, placing } from "./result-page";

test.use({ viewport: DESKTOP, locale: "en-US" });

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
      await expect(field(page, "Evidence")).toHaveText(`${figure.replace("-", "−")} logit`);
    }
  }
});

test("the tile under the pointer is the API's, and its figures are the region's", async ({
  page,
}) => {
  const result = await analyse(page, drawing("drawn_region"));
  const { id, image: facts, region, threshold } = result;
  const [low, high] = result.uncertain_band ?? [threshold, threshold];
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
    const isWithin = value !== null && low < high && value >= low && value <= high;
    const above = value !== null && value >= threshold ? "at or above" : "below";
    const side = isWithin ? "inconclusive" : above;
    const text = value === null ? "no tissue" : `${value.toFixed(3)}, ${side}`;
    await expect(field(page, "Probability")).toHaveText(text);
  }
  const area = region?.malignant_area_mm2?.toLocaleString("en-US", { maximumFractionDigits: 3 });
  const figures = page.getByTestId("region-figures");
  await expect(figures.getByText(`${area} mm²`)).toBeVisible();
  await expect(figures.getByText(percent(region?.malignant_fraction ?? 0))).toBeVisible();
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
