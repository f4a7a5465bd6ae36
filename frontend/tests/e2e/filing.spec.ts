import type { Locator, Page } from "@playwright/test";
import type { HistoryItem } from "../../src/lib/api/schema";
import { drawing, drop, stateScale, type TestFile } from "./files";
import { DESKTOP, expect, test } from "./fixtures";
import { addThree, predict, recordsOf, SCALE } from "./records";

test.use({ viewport: DESKTOP, locale: "en-US" });

function rowOf(page: Page, { id }: { id: string }): Locator {
  return page.getByRole("row").filter({ has: page.locator(`a[href="/results/${id}"]`) });
}

async function expectShown(page: Page, records: readonly { id: string }[]): Promise<void> {
  const links = page.getByRole("main").locator('a[href^="/results/"]');
  const shown = () =>
    links.evaluateAll((all) => all.map((link) => link.getAttribute("href")?.split("/").at(-1)));
  await expect.poll(shown).toEqual(records.map(({ id }) => id));
}

function places(items: readonly HistoryItem[]) {
  return items.map(({ case_label, folder }) => [case_label, folder]);
}

/** The drawing as an uncompressed TIFF at the scale that it was drawn at, which Chromium does not draw. */
async function tiffOf(page: Page, file: TestFile): Promise<TestFile> {
  const [width, height, pixels] = await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([bytes]));
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    const context = canvas.getContext("2d");
    context?.drawImage(picture, 0, 0);
    const data = context?.getImageData(0, 0, picture.width, picture.height).data ?? [];
    const rgb = Array.from(data).filter((_, place) => place % 4 !== 3);
    return [picture.width, picture.height, rgb] as const;
  }, file.buffer.toString("base64"));
  const entries: readonly (readonly [tag: number, type: number, count: number, value: number])[] = [
    [256, 4, 1, width],
    [257, 4, 1, height],
    [258, 3, 3, 8],
    [259, 3, 1, 1],
    [262, 3, 1, 2],
    [273, 4, 1, 256],
    [277, 3, 1, 3],
    [278, 4, 1, height],
    [279, 4, 1, pixels.length],
  ];
  const header = Buffer.alloc(256);
  header.write("II*\0", "latin1");
  header.writeUInt32LE(8, 4);
  header.writeUInt16LE(entries.length, 8);
  for (const [place, [tag, type, count, value]] of entries.entries()) {
    const at = 10 + 12 * place;
    header.writeUInt16LE(tag, at);
    header.writeUInt16LE(type, at + 2);
    header.writeUInt32LE(count, at + 4);
    // Three numbers of two bytes each do not fit: they stand further back.
    header.writeUInt32LE(count === 3 ? 200 : value, at + 8);
  }
  for (const channel of [0, 1, 2]) {
    header.writeUInt16LE(8, 200 + 2 * channel);
  }
  return {
    name: file.name.replace(".png", ".tif"),
    mimeType: "image/tiff",
    buffer: Buffer.concat([header, Buffer.from(pixels)]),
  };
}

/** The form on a result's page. */
function filingForm(page: Page): Locator {
  return page.getByRole("heading", { name: "Case and folder" }).locator("..");
}

test("a case and a folder are given to a result, and found", async ({ page }) => {
  const [crowded, loose, region] = await addThree(page);
  await page.goto(`/results/${region.id}`);
  const form = filingForm(page);
  await form.getByLabel("Case").fill(" 24-117 B ");
  await form.getByLabel("Folder").fill("Teaching");
  await form.getByRole("button", { name: "Save" }).click();
  await expect(form.getByText("Saved.")).toBeVisible();
  await expect(form.getByLabel("Case")).toHaveValue("24-117 B");
  expect(places(await recordsOf(page))).toEqual([
    ["24-117 B", "Teaching"],
    [null, null],
    [null, null],
  ]);

  await page.goto("/history");
  await expect(rowOf(page, region)).toContainText("24-117 B · in Teaching");
  await page.getByRole("combobox", { name: "Folder" }).selectOption("Teaching");
  await expectShown(page, [region]);
  await expect(page).toHaveURL(/folder=Teaching/);
  await page.getByRole("button", { name: "Clear filters" }).click();
  await page.getByRole("searchbox").fill("24-117");
  await expectShown(page, [region]);
  await page.getByRole("searchbox").fill("");
  await expectShown(page, [region, loose, crowded]);
});

test("a folder is taken away, and the case stays", async ({ page }) => {
  await page.goto("/model");
  const { id } = await predict(page, "drawn_loose", SCALE);
  await page.evaluate(async (address) => {
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify({ case_label: "24-117 B", folder: "Teaching" });
    await fetch(address, { method: "PUT", headers, body });
  }, `/api/history/${id}/filing`);
  await page.goto(`/results/${id}`);
  const form = filingForm(page);
  await expect(form.getByLabel("Folder")).toHaveValue("Teaching");
  await form.getByLabel("Folder").fill("");
  await form.getByRole("button", { name: "Save" }).click();
  await expect(form.getByText("Saved.")).toBeVisible();
  expect(places(await recordsOf(page))[0]).toEqual(["24-117 B", null]);
  await page.goto("/history");
  await expect(page.getByRole("combobox", { name: "Sort" })).toBeVisible();
  await expect(page.getByRole("combobox", { name: "Folder" })).toHaveCount(0);
});

test("several are filed at once, and keep what is left alone", async ({ page }) => {
  const [crowded, loose] = await addThree(page);
  for (const [record, name] of [
    [crowded, "one"],
    [loose, "two"],
  ] as const) {
    await rowOf(page, record).getByRole("checkbox").check();
    await page.getByRole("button", { name: "Case and folder" }).click();
    const dialog = page.getByRole("dialog", { name: "Case and folder of this result" });
    await dialog.getByLabel("Case").fill(name);
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(dialog).toBeHidden();
    await expect(rowOf(page, record)).toContainText(name);
  }
  await rowOf(page, crowded).getByRole("checkbox").check();
  await rowOf(page, loose).getByRole("checkbox").check();
  await page.getByRole("button", { name: "Case and folder" }).click();
  const dialog = page.getByRole("dialog", { name: "Case and folder of these 2 results" });
  await expect(dialog.getByLabel("Case")).toHaveValue("");
  await dialog.getByLabel("Folder").fill("Both");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(rowOf(page, crowded)).toContainText("one · in Both");
  await expect(rowOf(page, loose)).toContainText("two · in Both");
  expect(places(await recordsOf(page))).toEqual([
    [null, null],
    ["two", "Both"],
    ["one", "Both"],
  ]);
});

test("results of one image are folded, and open", async ({ page }) => {
  const [crowded, loose, region] = await addThree(page);
  const again = await predict(page, "drawn_crowded", SCALE);
  await page.reload();
  await expectShown(page, [again, region, loose]);
  const fold = rowOf(page, again).getByRole("button", { name: "2 results of this image" });
  await rowOf(page, again).getByRole("checkbox").check();
  await expect(page.getByText("2 results selected")).toBeVisible();
  await fold.click();
  await expectShown(page, [again, crowded, region, loose]);
  await expect(rowOf(page, crowded)).toContainText("same image");
  await rowOf(page, crowded).getByRole("checkbox").uncheck();
  await expect(page.getByText("1 result selected")).toBeVisible();
  await fold.click();
  await expectShown(page, [again, region, loose]);
});

test("a file's name stays in this browser", async ({ page, browser, site }) => {
  const bodies: string[] = [];
  page.on("request", (request) => bodies.push(`${request.url()} ${request.postData() ?? ""}`));
  await page.goto("/");
  await drop(page, [drawing("drawn_crowded", "left_breast_mendez.png")]);
  await page.getByRole("link", { name: "See where and why" }).click();
  await page.waitForURL(/\/results\//);
  await expect(page.getByRole("main").getByText("left_breast_mendez.png")).toBeVisible();
  await page.goto("/history");
  await expect(page.getByRole("table").getByText("left_breast_mendez.png")).toBeVisible();
  expect(bodies.filter((body) => body.includes("mendez"))).toEqual([]);
  expect(JSON.stringify(await recordsOf(page))).not.toContain("mendez");

  const context = await browser.newContext({ baseURL: site.url });
  await context.addCookies(await page.context().cookies());
  const elsewhere = await context.newPage();
  await elsewhere.goto("/history");
  await expect(elsewhere.getByRole("table").getByRole("row")).toHaveCount(2);
  await expect(elsewhere.getByText("left_breast_mendez.png")).toHaveCount(0);
  await context.close();

  await page.getByRole("button", { name: "Delete everything" }).click();
  await page.getByRole("button", { name: "Delete everything permanently" }).click();
  await expect(page.getByRole("heading", { name: "No results yet" })).toBeVisible();
  expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain("mendez");
});

const widthOf = (picture: Locator) =>
  picture.evaluate((node) => (node as HTMLImageElement).naturalWidth);

test("a TIFF is drawn by the service, before and after it is scored", async ({ page }) => {
  await page.goto("/");
  const tiff = await tiffOf(page, drawing("drawn_region"));
  await drop(page, [tiff]);
  await expect.poll(() => widthOf(page.getByAltText(`Your image ${tiff.name}`))).toBe(600);
  await stateScale(page, "2.5x");
  await page.getByRole("link", { name: "See where and why" }).first().click();
  await page.waitForURL(/\/results\//);
  await expect(page.getByText("This is a copy of at most 1,024 pixels a side")).toBeVisible();
  await expect.poll(() => widthOf(page.getByAltText("The image that was analysed"))).toBe(600);
});

test("a TIFF that is chosen again is sent once the visitor asks", async ({ page }) => {
  await page.goto("/");
  const tiff = await tiffOf(page, drawing("drawn_region"));
  await drop(page, [tiff]);
  await stateScale(page, "2.5x");
  await page.getByRole("link", { name: "See where and why" }).first().click();
  await page.waitForURL(/\/results\//);
  await page.reload();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.getByLabel("Choose the original again").setInputFiles(tiff);
  await expect(page.getByText("Your browser cannot draw the format")).toBeVisible();
  expect(asked).not.toContain("/api/preview");
  await page.getByRole("button", { name: "Send it to see more" }).click();
  await expect(page.getByText("This is a copy of at most 1,024 pixels a side")).toBeVisible();
  await expect.poll(() => widthOf(page.getByAltText("The image that was analysed"))).toBe(600);
});

test("to try again is not offered where it cannot help", async ({ page, site }) => {
  await addThree(page);
  await page.goto(`/history?search=${"x".repeat(101)}`);
  const problem = page
    .getByRole("main")
    .getByRole("alert")
    .filter({ hasText: "Something went wrong" });
  await expect(problem).toHaveAttribute("data-code", "invalid_options");
  await expect(problem.getByRole("button")).toHaveCount(0);
  await site.service.kill();
  try {
    await page.goto("/history");
    await expect(problem.getByRole("button", { name: "Try again" })).toBeVisible();
  } finally {
    await site.service.resume();
  }
  await problem.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByText("3 results", { exact: true })).toBeVisible();
});
