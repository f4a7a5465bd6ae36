import type { Page } from "@playwright/test";
import type { Focus, PredictionResult } from "../../src/lib/api/schema";
import { drawing } from "./files";
import { DESKTOP, expect, PHONE, test } from "./fixtures";
import { colourAt, image, openRegion, peakOf, placing } from "./result-page";

test.use({ viewport: DESKTOP, locale: "en-US", contextOptions: { reducedMotion: "reduce" } });

const listed = (page: Page) =>
  page.getByRole("region", { name: "Suspicious foci" }).getByRole("listitem");

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
  const result = await openRegion(page);
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
  const result = await openRegion(page);
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
    const { region } = await openRegion(page, 3);
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
