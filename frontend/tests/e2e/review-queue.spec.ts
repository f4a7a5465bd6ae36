import type { Page } from "@playwright/test";
import type { HistoryItem } from "../../src/lib/api/schema";
import { expect, test } from "./fixtures";
import { addThree, predictUncertain, recordsOf } from "./records";

/** What is pressed for a record, and what the API is to know then. */
const PLAN = {
  uncertain: { keys: ["d", "2"], opinion: "disagree", label: "idc" },
  malignant: { keys: ["d"], opinion: "disagree", label: "no_idc" },
  benign: { keys: ["a"], opinion: "agree", label: "no_idc" },
  not_assessable: { keys: ["u"], opinion: "unsure", label: null },
} as const;

async function press(page: Page, { verdict }: HistoryItem): Promise<void> {
  for (const key of PLAN[verdict].keys) {
    await page.keyboard.press(key);
  }
}

test("the review queue takes reviews by keyboard, the most uncertain first", async ({ page }) => {
  await addThree(page);
  await predictUncertain(page);
  const queue = await recordsOf(page, "sort=uncertainty&reviewed=false");
  expect(queue).toHaveLength(4);
  await page.getByRole("link", { name: "Review the closest to the threshold" }).click();
  for (const [place, item] of queue.entries()) {
    await expect(page.getByText(`${queue.length - place} left`)).toBeVisible();
    const whole = page.getByRole("link", { name: "Open the whole result" });
    await expect(whole).toHaveAttribute("href", `/results/${item.id}`);
    await press(page, item);
  }
  await expect(page.getByRole("heading", { name: "Nothing is left to review" })).toBeVisible();
  for (const { id, review, verdict } of await recordsOf(page)) {
    const { opinion, label } = PLAN[verdict];
    expect(review, id).toMatchObject({ opinion, label });
  }
});

test("the review queue skips, asks again, and works without shortcuts", async ({ page }) => {
  const three = await addThree(page);
  await page.goto("/history/review");
  await expect(page.getByText("3 left")).toBeVisible();
  await page.keyboard.press("s");
  await expect(page.getByText("2 left")).toBeVisible();
  await page.keyboard.press("u");
  await expect(page.getByText("1 left")).toBeVisible();
  await page.getByRole("checkbox", { name: "Shortcuts on" }).uncheck();
  await page.keyboard.press("a");
  await page.getByRole("button", { name: "Unsure" }).click();
  await expect(page.getByRole("heading", { name: "End of the list" })).toBeVisible();
  await page.getByRole("button", { name: "Review the skipped ones" }).click();
  await expect(page.getByText("1 left")).toBeVisible();
  await page.reload();
  await expect(page.getByRole("checkbox", { name: "Shortcuts on" })).not.toBeChecked();
  await page.getByRole("button", { name: "Agree", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Nothing is left to review" })).toBeVisible();
  const opinions = (await recordsOf(page)).map((item) => item.review?.opinion);
  expect(opinions.toSorted()).toEqual(["agree", "unsure", "unsure"]);
  expect(opinions).toHaveLength(three.length);
});

test("the review queue shows the evidence, and the keys", async ({ page }) => {
  await addThree(page);
  await page.goto("/history/review");
  await expect(page.getByText("3 left")).toBeVisible();
  await page.keyboard.press("e");
  await expect(page.getByRole("checkbox", { name: "Show evidence" })).toBeChecked();
  await expect(page.getByRole("radio", { name: "Overlay" })).toBeVisible();
  await page.keyboard.press("?");
  await expect(page.getByText("Agree with the verdict")).toBeVisible();
});

test("the review queue says so where there is nothing to review", async ({ page }) => {
  await page.goto("/history/review");
  await expect(page.getByRole("heading", { name: "Nothing to review yet" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Analyse an image" })).toBeVisible();
});
