import { drawing, drop } from "./files";
import { expect, test } from "./fixtures";
import { Site } from "./processes";

test("the site speaks the browser's language", async ({ browser, site }) => {
  const page = await browser.newPage({ locale: "es-ES", baseURL: site.url });
  await page.goto("/");
  await expect(page.locator("html")).toHaveAttribute("lang", "es");
  await expect(page.getByRole("link", { name: "Historial" })).toBeVisible();
  await page.getByRole("button", { name: "English" }).click();
  await expect(page.getByRole("link", { name: "History" })).toBeVisible();
  await page.close();
});

test("a device that goes offline is told so, and goes on when it is back", async ({
  page,
  context,
}) => {
  await page.goto("/");
  await drop(page, [drawing("drawn_crowded")]);
  await expect(page.getByRole("link", { name: "See where and why" })).toBeVisible();
  await page.goto("/history");
  await expect(page.getByText("1 result", { exact: true })).toBeVisible();
  await context.setOffline(true);
  await expect(page.getByText("This device is offline.")).toBeVisible();
  await page.getByRole("button", { name: "Suggests IDC", exact: true }).click();
  await expect(page.getByRole("alert").filter({ hasText: "This did not work" })).toBeVisible();
  await context.setOffline(false);
  await expect(page.getByText("This device is offline.")).toBeHidden();
  await expect(page.getByRole("alert").filter({ hasText: "This did not work" })).toBeHidden();
});

test("every answer is guarded, also where nothing is", async ({ page }) => {
  for (const path of ["/", "/model", "/nothing", "/samples/nothing", "/icon.svg", "/icon.svgx"]) {
    const headers = (await page.goto(path))?.headers() ?? {};
    expect(headers["content-security-policy"], path).toContain("'strict-dynamic'");
    expect(headers["x-content-type-options"], path).toBe("nosniff");
    expect(headers["x-frame-options"], path).toBe("DENY");
  }
});

test("who asks too much waits, and is answered", async ({ browser }) => {
  test.slow();
  const site = await Site.start({ BIOPSIA_ADDRESS_IMAGES_PER_MINUTE: "20" });
  const page = await browser.newPage({ baseURL: site.url, locale: "en-US" });
  await page.goto("/");
  const refusal = await page.evaluate(async () => {
    for (let asked = 0; asked < 30; asked++) {
      const answer = await fetch("/api/stats");
      await answer.text();
      if (!answer.ok) {
        return answer.status;
      }
    }
    return null;
  });
  expect(refusal).toBe(429);
  await drop(page, [drawing("drawn_crowded")]);
  const refused = page.getByRole("article").getByText(/Too many requests.*Next try in \d+ second/);
  await expect(refused).toBeVisible();
  await expect(page.getByRole("button", { name: /^Try now/ })).toBeVisible();
  await expect(page.getByRole("link", { name: "See where and why" })).toBeVisible({
    timeout: 60_000,
  });
  await page.close();
  await site.stop();
});
