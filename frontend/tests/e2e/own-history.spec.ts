import { readFile } from "node:fs/promises";
import type { Browser, Page } from "@playwright/test";
import { DESKTOP, expect, test } from "./fixtures";
import { addThree } from "./records";

test.use({ viewport: DESKTOP, locale: "en-US" });

const THREE = "3 results";
const NONE = "No results yet";

/** The history in another browser that has the same cookies. */
async function elsewhere(page: Page, browser: Browser): Promise<Page> {
  const context = await browser.newContext({ baseURL: new URL(page.url()).origin });
  await context.addCookies(await page.context().cookies());
  return context.newPage();
}

async function confirm(page: Page, act: string, answer: string): Promise<void> {
  await page.getByRole("button", { name: act }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: answer }).click();
}

test("a new key opens the history, and the old one nothing", async ({ page, browser }) => {
  await addThree(page);
  const old = await elsewhere(page, browser);
  await confirm(page, "Replace the key", "Replace it");
  await expect(page.getByRole("alertdialog")).toBeHidden();
  await page.reload();
  await expect(page.getByText(THREE, { exact: true })).toBeVisible();
  await old.goto("/history");
  await expect(old.getByRole("heading", { name: NONE })).toBeVisible();
  await old.context().close();
});

test("after signing out this browser knows nothing", async ({ page, browser }) => {
  await addThree(page);
  const old = await elsewhere(page, browser);
  await page.evaluate(() => localStorage.setItem("biopsia-file-names", '{"1":"mendez.png"}'));
  await confirm(page, "Sign out", "Sign out");
  await page.waitForURL((url) => url.pathname === "/");
  expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain("mendez");
  await page.goto("/history");
  await expect(page.getByRole("heading", { name: NONE })).toBeVisible();
  // The records are still there, for a key that was kept.
  await old.goto("/history");
  await expect(old.getByText(THREE, { exact: true })).toBeVisible();
  await old.context().close();
});

test("the ZIP has a folder for each record", async ({ page }) => {
  const records = await addThree(page);
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download everything (ZIP)" }).click();
  const zip = await readFile(await (await download).path(), "latin1");
  for (const { id } of records) {
    expect(zip).toContain(`${id}/record.json`);
    expect(zip).toContain(`${id}/thumbnail.webp`);
  }
});
