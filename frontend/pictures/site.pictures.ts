import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import { drawing, drop, stateScale } from "../tests/e2e/files";
import { expect, test } from "../tests/e2e/fixtures";

const FOLDER = fileURLToPath(new URL("../../docs/images/", import.meta.url));

/** Drop a drawn image and open its result, in full resolution. */
async function openResult(page: Page, name: Parameters<typeof drawing>[0]): Promise<void> {
  await page.goto("/");
  await drop(page, [drawing(name)]);
  if (name === "drawn_region") {
    await stateScale(page, "like the training images");
  }
  await page.locator('a[href^="/results/"]').first().click();
  await expect(page).toHaveURL(/results/);
  await expect(page.getByTestId("probability")).toBeVisible();
  await page.waitForLoadState("networkidle");
}

test.describe("a desktop", () => {
  test.use({ viewport: { width: 1360, height: 860 }, locale: "en-US" });

  test("a region's result", async ({ page }) => {
    await openResult(page, "drawn_region");
    await page.screenshot({ path: `${FOLDER}site_result.png` });
  });
});

test.describe("a phone in Spanish, by night", () => {
  test.use({
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    locale: "es-ES",
    colorScheme: "dark",
  });

  test("a patch's result", async ({ page }) => {
    await openResult(page, "drawn_crowded");
    await page.screenshot({ path: `${FOLDER}site_phone.png` });
  });
});
