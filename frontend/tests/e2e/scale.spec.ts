import type { Page, Request } from "@playwright/test";
import type { PredictionResult } from "../../src/lib/api/schema";
import { drawing, drop, enlarged, paste, stateScale } from "./files";
import { DESKTOP, expect, PHONE, test } from "./fixtures";
import { streamedResult } from "./result-page";

const LONG = { timeout: 60_000 };

const ofPrediction = (request: Request) => new URL(request.url()).pathname.includes("/predict");

async function open(page: Page): Promise<void> {
  await page.goto("/", { waitUntil: "networkidle" });
}

/** Every prediction that the page asks for, as it is asked. */
function predictionsOf(page: Page): Request[] {
  const asked: Request[] = [];
  page.on("request", (request) => ofPrediction(request) && asked.push(request));
  return asked;
}

async function resultOf(request: Request | undefined): Promise<PredictionResult> {
  return streamedResult(await request?.response());
}

test.use({ viewport: DESKTOP, locale: "en-US" });

test("a field at 20x is not analysed before its scale is stated, and then says what it says at 4 µm/px", async ({
  page,
}) => {
  test.slow();
  const asked = predictionsOf(page);
  await open(page);
  const original = drawing("drawn_region");
  const field = await enlarged(page, original, 8);

  await drop(page, [field]);
  const question = page.getByRole("form", { name: "What is the scale of this image?" });
  await expect(question.getByRole("heading")).toBeFocused();
  await expect(question).toContainText("Nothing is sent until you state it.");
  await expect(question.getByRole("radio", { checked: true })).toHaveCount(0);
  await question.getByRole("button", { name: "Analyse" }).click();
  await expect(question.getByRole("alert")).toHaveText("Choose a scale.");
  expect(asked).toEqual([]);

  const option = question.getByRole("listitem").filter({ hasText: "20x · 0.5 µm/px" });
  await expect(option).toContainText("2.4 × 1.6 mm");
  await stateScale(page, "20x");
  const exhibit = page.getByRole("article", { name: field.name });
  await expect(exhibit.locator("[data-verdict]")).toBeVisible(LONG);
  const stated = await resultOf(asked[0]);
  expect(stated.image).toMatchObject({ microns_per_pixel: 0.5, scale_source: "request" });

  await page.getByRole("button", { name: "Clear all" }).click();
  await drop(page, [original]);
  await stateScale(page, "2.5x");
  await expect(page.locator("article [data-verdict]")).toBeVisible();
  const known = await resultOf(asked[1]);
  expect(known.verdict).toBe("malignant");
  expect(stated.verdict).toBe(known.verdict);
  expect(Math.abs(stated.probability - known.probability)).toBeLessThan(0.01);
});

test("one statement serves all that lack a scale; the others are not held up", async ({ page }) => {
  const asked = predictionsOf(page);
  await open(page);
  const patch = drawing("drawn_crowded");
  await drop(page, [drawing("drawn_region", "a.png"), patch, drawing("drawn_region", "b.png")]);
  const question = page.getByRole("form", { name: "What is the scale of these 2 images?" });
  await expect(question.getByRole("list", { name: "Images" })).toHaveText(
    "a.png600 × 400 pxb.png600 × 400 px",
  );
  await expect(page.getByRole("link", { name: /^See where and why/ })).toHaveCount(1);
  expect(asked).toHaveLength(1);
  await expect(page.getByText("Not sent: its scale is not stated yet.")).toHaveCount(2);

  // By keyboard alone, from the heading that has the focus.
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("link", { name: /^See where and why/ })).toHaveCount(3);
  const results = await Promise.all(asked.slice(1).map(resultOf));
  expect(results.map(({ image }) => image.microns_per_pixel)).toEqual([4, 4]);
});

test("a field that no slide shows is questioned", async ({ page }) => {
  const asked = predictionsOf(page);
  await open(page);
  await paste(page, [drawing("drawn_region", "image.png")]);
  const question = page.getByRole("form", { name: "What is the scale of this image?" });
  await question.getByRole("radio", { name: "I know the µm per pixel" }).check();
  const microns = question.getByRole("textbox", { name: "µm per pixel" });
  await expect(microns).toBeFocused();
  await microns.fill("0,25");
  await expect(question.getByRole("status")).toContainText(
    "image.png: the field would be 0.15 × 0.1 mm",
  );
  await question.getByRole("button", { name: "Analyse" }).click();
  await expect(question.getByRole("alert")).toHaveText("Confirm the scale, or choose another one.");
  expect(asked).toEqual([]);
  await question.getByRole("checkbox", { name: "Yes, the scale is right" }).check();
  await question.getByRole("button", { name: "Analyse" }).click();

  const exhibit = page.getByRole("article");
  await expect(exhibit.getByText("Not assessable", { exact: true })).toBeVisible();
  await expect(exhibit.getByText("Field too small")).toBeVisible();
  await expect(exhibit.getByText("Computed, but not a verdict")).toBeVisible();
  await exhibit.getByRole("button", { name: "Analyse again at another scale" }).click();
  await stateScale(page, "2.5x");
  await expect(exhibit.getByText("Suggests IDC", { exact: true })).toBeVisible();
});

test("a result without a verdict says why first, and leads to one", async ({ page }) => {
  await open(page);
  await page.getByRole("radio", { name: "µm per pixel" }).check();
  await page.getByRole("textbox", { name: "µm per pixel" }).fill("0.3");
  await drop(page, [drawing("drawn_region")]);
  await page.getByRole("radio", { name: "As stated" }).check();
  await page.getByRole("checkbox", { name: "Yes, the scale is right" }).check();
  await page.getByRole("form").getByRole("button", { name: "Analyse" }).click();
  await page.getByRole("link", { name: "See where and why" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Not assessable");
  const verdict = page.getByRole("region", { name: "Verdict", exact: true });
  await expect(verdict.getByRole("list", { name: "Why there is no verdict" })).toContainText(
    "Field too small · No verdict",
  );
  await expect(verdict).toContainText("Computed, but not a verdict");
  await expect(page.getByText("The map was computed, but it is not a verdict")).toBeVisible();

  await page.reload();
  await expect(verdict).toContainText("Choose the image again to analyse it at another scale.");
  await page.getByLabel("Choose the original again").setInputFiles(drawing("drawn_region"));
  await verdict.getByRole("button", { name: "Analyse again at another scale" }).click();
  await stateScale(page, "2.5x");
  await expect(page.locator("article [data-verdict=malignant]")).toBeVisible();
});

test("HEIC is refused by its name", async ({ page }) => {
  const asked = predictionsOf(page);
  await open(page);
  const buffer = Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic", "latin1");
  await drop(page, [{ name: "photo.heic", mimeType: "image/heic", buffer }]);
  await expect(page.getByText("HEIC is not supported; save it as PNG.").first()).toBeVisible();
  expect(asked).toEqual([]);
  const accept = await page.locator("input[type=file]").first().getAttribute("accept");
  expect(accept).toContain("image/png,.png,image/jpeg,.jpg,.jpeg");
  expect(accept).not.toContain("*");
});

test.describe("on a phone in Spanish", () => {
  test.use({ viewport: PHONE, locale: "es-ES", hasTouch: true, isMobile: true });

  test("the scale is asked for, and nothing is wider than the screen", async ({ page }) => {
    await open(page);
    await drop(page, [drawing("drawn_region")]);
    const question = page.getByRole("form", { name: "¿Cuál es la escala de esta imagen?" });
    await question.getByRole("radio", { name: "2,5x" }).check();
    await expect(question.getByText("2,4 × 1,6 mm").first()).toBeVisible();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBe(PHONE.width);
    await question.getByRole("button", { name: "Analizar" }).click();
    await expect(page.getByText("Sugestivo de CDI", { exact: true })).toBeVisible();
  });
});
