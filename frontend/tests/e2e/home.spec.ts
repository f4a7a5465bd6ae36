import { expect, test } from "./fixtures";

test("the site speaks the browser's language", async ({ browser, site }) => {
  const page = await browser.newPage({ locale: "es-ES", baseURL: site.url });
  await page.goto("/");
  await expect(page.locator("html")).toHaveAttribute("lang", "es");
  await expect(page.getByRole("link", { name: "Historial" })).toBeVisible();
  await page.getByRole("button", { name: "English" }).click();
  await expect(page.getByRole("link", { name: "History" })).toBeVisible();
  await page.close();
});
