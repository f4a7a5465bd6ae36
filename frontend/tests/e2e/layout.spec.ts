import type { Locator, Page } from "@playwright/test";
import { drawing } from "./files";
import { expect, PHONE, test } from "./fixtures";
import { analyse } from "./result-page";
import { lengthenTexts } from "./room";

const LABELS = {
  "en-US": { agree: "Agree" },
  "es-ES": { agree: "De acuerdo" },
} as const;

const DESKTOPS = [
  { width: 1366, height: 768 },
  { width: 1440, height: 900 },
  { width: 1920, height: 1080 },
];

/** Where a part of the page lies, in pixels from its top and left. */
async function boxOf(part: Locator) {
  const box = await part.boundingBox();
  if (!box) {
    throw new Error("it is not shown");
  }
  return { ...box, bottom: box.y + box.height, right: box.x + box.width };
}

async function openSample(page: Page, name: "drawn_region" | "drawn_crowded"): Promise<void> {
  const { id } = await analyse(page, drawing(name));
  await page.goto(`/results/${id}`);
  await expect(page.getByRole("application")).toHaveAttribute("data-drawn", "true");
}

/** The choices above the legend, one beside the other. */
async function expectOneLine(page: Page): Promise<void> {
  const views = await boxOf(page.getByRole("radio").and(page.locator("[value=overlay]")));
  const layers = await boxOf(page.getByRole("radio").and(page.locator("[value=tiles]")));
  const outline = await boxOf(page.getByRole("checkbox"));
  expect(layers.y).toBe(views.y);
  expect(outline.y).toBeLessThan(views.bottom);
  expect(outline.bottom).toBeGreaterThan(views.y);
}

for (const [locale, labels] of Object.entries(LABELS)) {
  test.describe(`in ${locale}`, () => {
    test.use({ locale });

    for (const viewport of DESKTOPS) {
      test(`a region is read and reviewed without scrolling at ${viewport.width} px`, async ({
        page,
      }) => {
        await page.setViewportSize(viewport);
        await openSample(page, "drawn_region");
        for (const part of [
          page.getByRole("application"),
          page.getByRole("heading", { level: 1 }),
          page.getByTestId("probability"),
          page.getByTestId("legend"),
          page.getByTestId("magnification"),
          page.getByTestId("region-figures"),
          page.getByRole("button", { name: labels.agree, exact: true }),
        ]) {
          expect((await boxOf(part)).bottom).toBeLessThanOrEqual(viewport.height);
        }
        await expectOneLine(page);
        const threshold = page.getByRole("slider").nth(1);
        const place = await boxOf(threshold);
        for (const layer of ["evidence", "grid", "tiles"]) {
          await page.locator(`input[value=${layer}]`).check();
          expect(await boxOf(threshold)).toEqual(place);
        }
        await lengthenTexts(page);
        await expectOneLine(page);
      });
    }

    for (const name of ["drawn_region", "drawn_crowded"] as const) {
      test(`on a phone the tissue of ${name} begins within 350 px`, async ({ page }) => {
        await page.setViewportSize(PHONE);
        await openSample(page, name);
        const pane = page.getByRole("application");
        for (const width of [PHONE.width, 320]) {
          await page.setViewportSize({ ...PHONE, width });
          expect((await boxOf(pane)).y).toBeLessThanOrEqual(350);
        }
        await lengthenTexts(page);
        expect((await boxOf(pane)).y).toBeLessThanOrEqual(350);
      });
    }
  });
}

test("a wide screen is used, and the review stands beside the figures", async ({ page }) => {
  await page.setViewportSize({ width: 1920, height: 1080 });
  await openSample(page, "drawn_region");
  const article = await boxOf(page.getByRole("article"));
  expect(article.width).toBeGreaterThan(1750);
  const figures = await boxOf(page.getByTestId("region-figures"));
  const agree = await boxOf(page.getByRole("button", { name: "Agree", exact: true }));
  expect(agree.x).toBeGreaterThan(figures.right);
});
