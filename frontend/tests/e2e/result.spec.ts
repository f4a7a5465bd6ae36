import AxeBuilder from "@axe-core/playwright";
import { drawing } from "./files";
import { DESKTOP, expect, PHONE, test } from "./fixtures";
import { analyse, figure, recordOf, upload, VERDICTS } from "./result-page";

test.use({ viewport: DESKTOP, locale: "en-US" });

for (const sample of ["drawn_crowded", "drawn_region"] as const) {
  test(`${sample}, once uploaded, shows what the history holds`, async ({ page }) => {
    await page.goto("/");
    const id = await upload(page, drawing(sample));
    const heading = page.getByRole("heading", { level: 1 });
    const { result } = await recordOf(page, id);
    await expect(heading).toHaveText(VERDICTS[result.verdict]);
    await expect(page.getByTestId("probability")).toHaveText(figure(result.probability));
    const isAssumed = sample === "drawn_crowded";
    await expect(page.getByText("Scale assumed", { exact: true })).toBeVisible({
      visible: isAssumed,
    });
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

test("reviews are added, and stay", async ({ page }) => {
  const { id, verdict } = await analyse(page, drawing("drawn_loose"));
  expect(verdict).toBe("benign");
  await page.goto(`/results/${id}`);
  const listed = page.getByRole("list", { name: "Reviews" }).getByRole("listitem");
  await page.getByRole("button", { name: "Agree", exact: true }).click();
  await expect(page.getByText("Your review is saved.")).toBeVisible();
  await expect(listed).toHaveCount(1);
  await page.getByLabel("Note (optional)").fill("nests of cells in the corner");
  await page.getByRole("button", { name: "Disagree: it is IDC" }).click();
  await expect(listed).toHaveCount(2);
  await page.reload();
  await expect(listed.first()).toContainText("Disagree · IDC");
  await expect(listed.first()).toContainText("nests of cells in the corner");
  await expect(listed.last()).toContainText("Agree · not IDC");
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
  await page.keyboard.press("ArrowLeft");
  await expect(page).toHaveURL(new RegExp(newer.id));
  await expect(page.getByTestId("probability")).toHaveText(figure(newer.probability));
  await page.getByLabel("Note (optional)").press("ArrowRight");
  await expect(page).toHaveURL(new RegExp(newer.id));
  await page.getByRole("heading", { level: 1 }).click();
  await page.keyboard.press("j");
  await expect(page).toHaveURL(new RegExp(newer.id));
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

test("what is not to be saved is shown, asked of nobody, and gone", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("switch").check();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  const id = await upload(page, drawing("drawn_region"));
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(VERDICTS.malignant);
  await expect(page.getByText("it is lost when you close this page")).toBeVisible();
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
  const picture = page.getByAltText("The image that was analysed");
  await expect
    .poll(() => picture.evaluate((node) => (node as HTMLImageElement).naturalWidth))
    .toBe(600);
  expect(asked.filter((method) => method !== "GET")).toEqual([]);
});

test("a result is deleted once that is confirmed", async ({ page }) => {
  const { id } = await analyse(page, drawing("drawn_loose"));
  await page.goto(`/results/${id}`);
  await page.getByRole("button", { name: "Delete" }).click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(dialog).toBeHidden();
  await page.getByRole("button", { name: "Delete" }).click();
  await dialog.getByRole("button", { name: "Delete permanently" }).click();
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
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sugestivo de CDI");
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
