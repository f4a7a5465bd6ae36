import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { DESKTOP, expect, PHONE, test } from "./fixtures";
import { addThree, fromApi, predict, recordsOf, review, SCALE } from "./records";

/** The records on the page, in its order. */
function shown(page: Page): Promise<string[]> {
  return page
    .getByRole("main")
    .locator('a[href^="/results/"]')
    .evaluateAll((links) =>
      links.map((link) => link.getAttribute("href")?.split("/").at(-1) ?? ""),
    );
}

async function expectShown(page: Page, records: readonly { id: string }[]): Promise<void> {
  await expect.poll(() => shown(page)).toEqual(records.map(({ id }) => id));
}

function rowOf(page: Page, { id }: { id: string }) {
  return page.getByRole("row").filter({ has: page.locator(`a[href="/results/${id}"]`) });
}

function overflow(page: Page): Promise<number> {
  return page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
}

test("the history stays, and is nobody else's", async ({ page, browser, site }) => {
  const [crowded, loose, region] = await addThree(page);
  await expectShown(page, [region, loose, crowded]);
  await page.reload();
  await expectShown(page, [region, loose, crowded]);

  const other = await browser.newPage({ baseURL: site.url });
  await other.goto("/history");
  await expect(other.getByRole("heading", { name: "No results yet" })).toBeVisible();
  expect(await shown(other)).toEqual([]);
  await other.close();
});

test("a row says what the API says, and leads to its result", async ({ page }) => {
  const [crowded, , region] = await addThree(page);
  const row = rowOf(page, region);
  await expect(row).toContainText(region.probability.toFixed(2));
  await expect(row).toContainText(`${region.image.width} × ${region.image.height} px`);
  await expect(row).toContainText(`${region.region?.malignant_area_mm2?.toFixed(2)} mm²`);
  await expect(rowOf(page, crowded)).toContainText("Suggests IDC");
  await expect(rowOf(page, crowded)).toContainText(
    `High sensitivity ${crowded.threshold.toFixed(2)}`,
  );
  await expect(
    rowOf(page, crowded).getByRole("img", { name: "Patch, Suggests IDC" }),
  ).toBeVisible();
  await row.click();
  await expect(page).toHaveURL(`/results/${region.id}`);
});

test("filters, order and search ask the API, and the address keeps them", async ({ page }) => {
  const [crowded, loose, region] = await addThree(page);
  await review(page, loose.id, { opinion: "unsure", note: "many Adipocytes here" });

  await page.getByRole("button", { name: "Does not suggest IDC" }).click();
  await expectShown(page, [loose]);
  await expect(page).toHaveURL(/verdict=benign/);
  await page.getByRole("button", { name: "Suggests IDC", exact: true }).click();
  await expectShown(page, await recordsOf(page, "verdict=benign&verdict=malignant"));
  await page.goBack();
  await expectShown(page, [loose]);
  await page.getByRole("button", { name: "Clear filters" }).click();
  await expectShown(page, [region, loose, crowded]);

  const sort = page.getByRole("combobox", { name: "Sort" });
  for (const order of ["oldest", "uncertainty", "probability", "newest"]) {
    await sort.selectOption(order);
    await expectShown(page, await recordsOf(page, `sort=${order}`));
  }

  const search = page.getByRole("searchbox");
  for (const text of [loose.id.slice(0, 23), loose.image.sha256.slice(0, 12), "adipocytes"]) {
    await search.fill(text);
    await expectShown(page, [loose]);
  }
  await search.fill("no such word");
  await expect(page.getByRole("heading", { name: "No result matches the filters" })).toBeVisible();
  await page.getByRole("main").getByRole("button", { name: "Clear filters" }).last().click();
  await expect(search).toHaveValue("");
  await expectShown(page, [region, loose, crowded]);
});

test("the further filters work alone and together", async ({ page }) => {
  const [crowded, loose, region] = await addThree(page);
  await review(page, crowded.id, { opinion: "agree" });
  await page.getByText("More filters").click();

  const kind = page.getByRole("combobox", { name: "Kind" });
  await kind.selectOption("region");
  await expectShown(page, [region]);
  await kind.selectOption("");
  const reviewed = page.getByRole("combobox", { name: "Review" });
  await reviewed.selectOption("no");
  await expectShown(page, [region, loose]);
  const least = page.getByRole("spinbutton", { name: "Probability from" });
  await least.fill("0.50");
  await expectShown(page, await recordsOf(page, "reviewed=false&min_probability=0.5"));
  await expect(least).toHaveValue("0.50");
  await reviewed.selectOption("");
  await least.fill("");
  await page.getByLabel("From", { exact: true }).fill("2999-01-01");
  await expect(page.getByRole("heading", { name: "No result matches the filters" })).toBeVisible();
  await page.getByLabel("From", { exact: true }).fill("2020-01-01");
  await expectShown(page, [region, loose, crowded]);
});

for (const viewport of [PHONE, DESKTOP]) {
  test(`table and grid show the same, ${viewport.width} px wide`, async ({ page }) => {
    await page.setViewportSize(viewport);
    const [crowded, loose, region] = await addThree(page);
    const isPhone = viewport === PHONE;
    await expect(page.getByRole("radio", { name: isPhone ? "Grid" : "Table" })).toBeChecked();
    await page.getByRole("radio", { name: "Table" }).click();
    await expect(page.getByRole("table")).toBeVisible();
    await expectShown(page, [region, loose, crowded]);
    await page.getByRole("radio", { name: "Grid" }).click();
    await expect(page.getByRole("table")).toHaveCount(0);
    await expect(page.getByRole("list", { name: "Results" }).getByRole("listitem")).toHaveCount(3);
    await expectShown(page, [region, loose, crowded]);
    const picture = page.getByRole("img", { name: "Region, Suggests IDC" });
    await expect
      .poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth))
      .toBeGreaterThan(0);
    await page.reload();
    await expect(page.getByRole("radio", { name: "Grid" })).toBeChecked();
    expect(await overflow(page)).toBe(0);
  });
}

test("two of three are deleted, and only these", async ({ page }) => {
  const [crowded, loose, region] = await addThree(page);
  await rowOf(page, crowded).getByRole("checkbox").check();
  await rowOf(page, region).getByRole("checkbox").check();
  await page.getByRole("button", { name: "Delete selected" }).click();
  const dialog = page.getByRole("alertdialog", { name: "Delete these 2 results?" });
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expectShown(page, [region, loose, crowded]);

  await page.getByRole("button", { name: "Delete selected" }).click();
  await dialog.getByRole("button", { name: "Delete 2 results" }).click();
  await expectShown(page, [loose]);
  await expect(page.getByText("2 results deleted.")).toBeAttached();
  await expect(page.getByRole("main")).toBeFocused();
  expect((await recordsOf(page)).map(({ id }) => id)).toEqual([loose.id]);
});

test("what could not be deleted is named and stays selected", async ({ page, site }) => {
  const [crowded, loose] = await addThree(page);
  await rowOf(page, loose).getByRole("checkbox").check();
  await site.service.kill();
  try {
    await page.getByRole("button", { name: "Delete selected" }).click();
    await page.getByRole("button", { name: "Delete 1 result" }).click();
    await expect(page.getByRole("alert").filter({ hasText: "could not be deleted" })).toContainText(
      loose.probability.toFixed(2),
    );
    await expect(rowOf(page, loose).getByRole("checkbox")).toBeChecked();
    await expect(rowOf(page, crowded).getByRole("checkbox")).not.toBeChecked();
  } finally {
    await site.service.resume();
  }
  await page.getByRole("button", { name: "Delete selected" }).click();
  await page.getByRole("button", { name: "Delete 1 result" }).click();
  await expect.poll(async () => (await recordsOf(page)).length).toBe(2);
  await expect(rowOf(page, loose)).toHaveCount(0);
});

test("everything is deleted after one question", async ({ page }) => {
  await addThree(page);
  await page.getByRole("button", { name: "Delete everything" }).click();
  const dialog = page.getByRole("alertdialog", { name: "Delete your whole history?" });
  await expect(dialog).toContainText("All 3 results");
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await page.getByRole("button", { name: "Delete everything" }).click();
  await dialog.getByRole("button", { name: "Delete everything permanently" }).click();
  await expect(page.getByRole("heading", { name: "No results yet" })).toBeVisible();
  expect(await recordsOf(page)).toEqual([]);
});

test("more than a page is loaded, selected and deleted by keyboard", async ({ page }) => {
  await page.goto("/history");
  await expect(page.getByRole("heading", { name: "No results yet" })).toBeVisible();
  await predict(page, "drawn_loose", SCALE);
  await Promise.all(Array.from({ length: 51 }, () => predict(page, "drawn_crowded", SCALE)));
  await page.reload();
  await expect(page.getByText("The first 50 results")).toBeVisible();
  await page.getByRole("button", { name: "Load more" }).press("Enter");
  await expect(page.getByText("52 results", { exact: true })).toBeVisible();
  const fold = page.getByRole("button", { name: "51 results of this image" });
  await expectShown(page, (await recordsOf(page)).toSpliced(1, 50));
  await fold.press("Enter");
  await expect(fold).toHaveAttribute("aria-expanded", "true");
  await expectShown(page, await recordsOf(page));
  await fold.press("Enter");
  await page.getByRole("checkbox", { name: "Select all that are loaded" }).press("Space");
  await page.getByRole("button", { name: "Delete selected" }).press("Enter");
  await page.getByRole("button", { name: "Delete 52 results" }).press("Enter");
  await expect(page.getByRole("heading", { name: "No results yet" })).toBeVisible();
});

for (const format of ["CSV", "JSON"]) {
  test(`the ${format} holds what the filters leave`, async ({ page }) => {
    const [crowded, , region] = await addThree(page);
    await page.getByRole("button", { name: "Suggests IDC", exact: true }).click();
    await expectShown(page, [region, crowded]);
    const coming = page.waitForEvent("download");
    await page.getByRole("link", { name: format }).click();
    const download = await coming;
    const path = `/api/history/export.${format.toLowerCase()}?verdict=malignant`;
    const expected = await page.evaluate(async (address) => {
      const bytes = new Uint8Array(await (await fetch(address)).arrayBuffer());
      return Array.from(bytes);
    }, path);
    const content = await readFile(await download.path());
    expect(content.equals(Buffer.from(expected))).toBe(true);
    expect(content.toString()).toContain(crowded.id);
    expect(download.suggestedFilename()).toBe(`biopsia_history.${format.toLowerCase()}`);
  });
}

for (const width of [320, PHONE.width]) {
  test(`nothing is wider than a page of ${width} px, in Spanish`, async ({ browser, site }) => {
    const page = await browser.newPage({
      baseURL: site.url,
      locale: "es-ES",
      viewport: { width, height: 700 },
    });
    await page.goto("/history");
    await expect(page.getByRole("heading", { name: "Aún no hay resultados" })).toBeVisible();
    expect(await overflow(page)).toBe(0);
    await predict(page, "drawn_region", SCALE);
    expect(await fromApi<{ total: number }>(page, "/stats")).toMatchObject({ total: 1 });
    const paths = [
      "/history",
      "/history?view=table",
      "/history?view=grid&kind=region",
      "/history/review",
    ];
    for (const path of paths) {
      await page.goto(path);
      await expect(page.getByRole("img").first()).toBeVisible();
      expect(await overflow(page), path).toBe(0);
    }
    await page.close();
  });
}
