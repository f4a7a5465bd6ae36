import type { Page, Request } from "@playwright/test";
import { drawing, drop, noise, paste, stateScale, type TestFile } from "./files";
import { DESKTOP, expect, PHONE, test } from "./fixtures";
import { streamedResult } from "./result-page";

const EN = {
  choose: "Choose files",
  verdict: {
    ...{ malignant: "Suggests IDC", benign: "Does not suggest IDC" },
    ...{ uncertain: "Inconclusive", not_assessable: "Not assessable" },
  },
  see: "See where and why",
};
const ES = {
  choose: "Elegir archivos",
  verdict: {
    ...{ malignant: "Sugestivo de CDI", benign: "No sugestivo de CDI" },
    ...{ uncertain: "No concluyente", not_assessable: "No valorable" },
  },
  see: "Ver dónde y por qué",
};

interface Result {
  id: string;
  verdict: keyof typeof EN.verdict;
  probability: number;
  image: { microns_per_pixel: number; scale_source: string };
  operating_point: string;
  saved: boolean;
}

/** What 500 patches, or the last of several longer and longer pauses, may take on a busy machine. */
const LONG = { timeout: 90_000 };

/** Opens the page and lets it come to life: what is dropped before that is nobody's. */
async function open(page: Page): Promise<void> {
  await page.goto("/", { waitUntil: "networkidle" });
}

const ofPrediction = (request: Request) => new URL(request.url()).pathname.includes("/predict");

/** What the page sends, and what the service returns, when `act` brings one image. */
async function exchange(page: Page, act: () => Promise<void>) {
  const asked = page.waitForRequest(ofPrediction);
  await act();
  const request = await asked;
  const result = await streamedResult<Result>(await request.response());
  return { request, result };
}

function row(page: Page, { name }: TestFile) {
  return page.getByRole("listitem").filter({ hasText: name });
}

async function choose(page: Page, labels: typeof EN, files: TestFile[]): Promise<void> {
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: labels.choose }).click();
  await (await chooser).setFiles(files);
}

/** Ids in the history of the page's own visitor. */
async function historyIds(page: Page): Promise<string[]> {
  const history = await page.evaluate(async () => (await fetch("/api/history")).json());
  return history.items.map(({ id }: { id: string }) => id);
}

for (const { locale, viewport, labels } of [
  { locale: "en-US", viewport: DESKTOP, labels: EN },
  { locale: "es-ES", viewport: PHONE, labels: ES },
]) {
  test.describe(`in ${locale}, ${viewport.width} px wide`, () => {
    test.use({ locale, viewport });

    test("a dropped patch travels in base64 and gets its verdict", async ({ page }) => {
      const file = drawing("drawn_crowded");
      await open(page);
      const { request, result } = await exchange(page, () => drop(page, [file]));

      const sent = request.postDataJSON();
      expect(Buffer.from(sent.image, "base64").equals(file.buffer)).toBe(true);
      expect(sent).toEqual({ image: sent.image, explain: false, save: true });
      expect(request.url()).not.toContain(file.name);

      const exhibit = page.getByRole("article", { name: file.name });
      const probability = new Intl.NumberFormat(locale, {
        minimumFractionDigits: 3,
        maximumFractionDigits: 3,
      }).format(result.probability);
      await expect(
        exhibit.getByText(labels.verdict[result.verdict], { exact: true }),
      ).toBeVisible();
      await expect(exhibit.getByText(probability)).toBeVisible();
      await expect(page.getByRole("status").filter({ hasText: probability })).toHaveCount(1);
      expect(await historyIds(page)).toEqual([result.id]);

      await exhibit.getByRole("link", { name: labels.see }).click();
      await expect(page).toHaveURL(`/results/${result.id}`);
    });

    test("several files chosen at once are one visitor's", async ({ page }) => {
      const files = ["a", "b", "c", "d", "e"].map((name) => drawing("drawn_loose", `${name}.png`));
      await open(page);
      await choose(page, labels, files);
      await expect(page.getByRole("link", { name: labels.see })).toHaveCount(5);
      expect(await historyIds(page)).toHaveLength(5);
    });

    test("nothing is wider than a narrow screen", async ({ page }) => {
      await page.setViewportSize({ width: 320, height: 640 });
      await open(page);
      const name = "a-name-as-long-as-those-of-slide-scanners-2026-11-24-0001.png";
      await drop(page, [drawing("drawn_crowded", name), drawing("drawn_region")]);
      const width = () => page.evaluate(() => document.documentElement.scrollWidth);
      await page.getByRole("radio", { name: "2" }).first().check();
      expect(await width()).toBe(320);
      await page.locator("form button[type=submit]").click();
      await expect(page.getByRole("link", { name: labels.see })).toHaveCount(2);
      expect(await width()).toBe(320);
    });
  });
}

test("an image is pasted anywhere but in a text field", async ({ page }) => {
  const file = drawing("drawn_loose", "image.png");
  await open(page);
  await exchange(page, () => paste(page, [file]));
  await expect(page.getByRole("article", { name: file.name }).getByRole("link")).toBeVisible();
  await page.getByRole("button", { name: "Clear all" }).click();
  const scale = page.getByRole("radio", { name: "µm per pixel" });
  const microns = page.getByRole("textbox", { name: "µm per pixel" });
  await scale.check();
  await microns.fill("");
  await scale.focus();
  await paste(page, []);
  await expect(scale).toBeFocused();

  await microns.fill("4");
  await paste(page, [file]);
  await expect(page.getByRole("article")).toHaveCount(0);
});

test("a drawing is one click away, and its scale is said", async ({ page }) => {
  await open(page);
  const { result } = await exchange(page, () =>
    page.getByRole("button", { name: "A region of both" }).click(),
  );
  expect(result.image).toMatchObject({ microns_per_pixel: 4, scale_source: "request" });
  await expect(page.getByRole("article").getByText("Region, read at 4 µm/px")).toBeVisible();
});

test("what is set counts for the images that come next", async ({ page }) => {
  await open(page);
  await page.getByRole("radio", { name: "High sensitivity" }).check();
  await page.getByRole("radio", { name: "Objective" }).check();
  await page.getByRole("combobox", { name: "Objective" }).selectOption({ label: "10x: 1 µm/px" });
  const first = await exchange(page, () => drop(page, [drawing("drawn_region")]));
  expect(first.result.operating_point).toBe("high_sensitivity");
  expect(first.result.image).toMatchObject({ microns_per_pixel: 1, scale_source: "request" });

  await page.getByRole("radio", { name: "µm per pixel" }).check();
  const field = page.getByRole("textbox", { name: "µm per pixel" });
  await field.fill("33");
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await drop(page, [drawing("drawn_loose")]);
  await expect(page.getByText("The µm per pixel are missing or out of range.")).toBeVisible();
  await expect(field).toBeFocused();

  await field.fill("0,5");
  const second = await exchange(page, () => drop(page, [drawing("drawn_region")]));
  expect(second.result.image.microns_per_pixel).toBe(0.5);
});

test("a large image goes straight to the API, for the same visitor", async ({ page, site }) => {
  const file = noise("large.png", 1150);
  test.slow();
  await open(page);
  const small = await exchange(page, () => drop(page, [drawing("drawn_loose")]));
  const large = await exchange(page, async () => {
    await drop(page, [file]);
    await stateScale(page, "2.5x");
  });

  expect(large.request.url()).toBe(`${site.service.url}/predict/`);
  expect((await large.request.allHeaders()).authorization).toMatch(/^Bearer ticket/);
  await expect(page.getByRole("article", { name: file.name }).getByRole("link")).toBeVisible(LONG);
  expect(await historyIds(page)).toEqual([large.result.id, small.result.id]);
});

test("a large image finds its way to a service that was started anew", async ({ page, site }) => {
  test.slow();
  await open(page);
  await page.getByRole("radio", { name: "µm per pixel" }).check();
  await page.getByRole("textbox", { name: "µm per pixel" }).fill("4");
  await exchange(page, () => drop(page, [noise("before.png", 1150)]));
  await site.service.kill();
  await site.service.resume();
  // The new one takes no tickets of the old one.
  await drop(page, [noise("after.png", 1150)]);
  const exhibit = page.getByRole("article", { name: "after.png" });
  await expect(exhibit.getByRole("link")).toBeVisible(LONG);
  expect(await historyIds(page)).toHaveLength(2);
});

test("a bad file says what is wrong, and the others go on", async ({ page }) => {
  const region = drawing("drawn_region");
  const text = { name: "text.png", mimeType: "image/png", buffer: Buffer.from("only text") };
  const empty = { name: "empty.png", mimeType: "image/png", buffer: Buffer.alloc(0) };
  const cut = { ...region, name: "cut.png", buffer: region.buffer.subarray(0, 20_000) };
  const good = drawing("drawn_crowded");
  await open(page);
  await drop(page, [text, cut, good, empty]);
  await stateScale(page, "2.5x");
  await expect(row(page, text).getByText("This is not an image")).toBeVisible();
  await expect(row(page, empty).getByText("The file is empty.")).toBeVisible();
  await expect(row(page, cut).getByText("cut off or damaged")).toBeVisible();
  await expect(row(page, cut).getByRole("button", { name: "Try again" })).toHaveCount(0);
  await expect(row(page, good).getByRole("link", { name: "See where and why" })).toBeVisible();

  await row(page, cut).getByRole("button", { name: "Remove" }).click();
  await expect(row(page, cut)).toHaveCount(0);
  await expect(row(page, good)).toBeVisible();
});

test("with save nothing on, nothing is saved", async ({ page, context }) => {
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await open(page);
  await page.getByRole("switch", { name: "Save nothing" }).check();
  const { request, result } = await exchange(page, () => drop(page, [drawing("drawn_loose")]));
  expect(request.postDataJSON().save).toBe(false);
  expect(result.saved).toBe(false);
  await expect(page.getByRole("article").getByRole("link")).toBeVisible();
  expect(asked).not.toContain("/api/tickets");
  expect(await context.cookies()).toEqual([]);
  expect(await historyIds(page)).toEqual([]);
});

test("an upload waits for an unreachable service, and goes on by itself", async ({
  page,
  site,
}) => {
  const file = drawing("drawn_crowded");
  test.slow();
  await open(page);
  await site.service.kill();
  await drop(page, [file]);
  const exhibit = page.getByRole("article", { name: file.name });
  await expect(
    exhibit.getByText(/The service is not responding.*Next try in \d+ second/),
  ).toBeVisible();
  await site.service.resume();
  await expect(exhibit.getByRole("link", { name: "See where and why" })).toBeVisible(LONG);
  expect(await historyIds(page)).toHaveLength(1);
});

test("what is cancelled is not sent, and can be tried again", async ({ page, site }) => {
  const file = drawing("drawn_loose");
  test.slow();
  await open(page);
  await site.service.kill();
  await drop(page, [file]);
  const exhibit = page.getByRole("article", { name: file.name });
  await exhibit.getByRole("button", { name: "Cancel" }).click();
  await expect(exhibit.getByText("Cancelled")).toBeVisible();
  await site.service.resume();
  expect(await historyIds(page)).toEqual([]);
  await exhibit.getByRole("button", { name: "Try again" }).click();
  await expect(exhibit.getByRole("link", { name: "See where and why" })).toBeVisible();
});

test("the uploads are still there after a look at a result", async ({ page }) => {
  await open(page);
  await drop(page, [drawing("drawn_crowded"), drawing("drawn_loose")]);
  await page.getByRole("link", { name: "See where and why" }).first().click();
  await expect(page).toHaveURL(/\/results\//);
  await page.getByRole("link", { name: "Analyse" }).click();
  await expect(page.getByRole("link", { name: "See where and why" })).toHaveCount(2);
  await page.getByRole("button", { name: "Clear all" }).click();
  await expect(page.getByRole("heading", { name: "Add images" })).toBeVisible();
});

test.describe("on a touch screen", () => {
  test.use({ viewport: PHONE, hasTouch: true, isMobile: true });

  test("a photograph can be taken", async ({ page }) => {
    const file = drawing("drawn_crowded", "photo.png");
    await open(page);
    await expect(page.getByText("differs in scale, colour and sharpness")).toBeVisible();
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "Take a photo" }).tap();
    const camera = page.locator("input[capture=environment]");
    await expect(camera).toHaveAttribute("accept", "image/*");
    await (await chooser).setFiles(file);
    await expect(page.getByRole("article", { name: file.name }).getByRole("link")).toBeVisible();
  });
});
