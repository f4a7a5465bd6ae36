import type { Page } from "@playwright/test";
import { drawing, drop, stateScale } from "./files";
import { expect } from "./fixtures";
import { analyse, untilExampleOpens } from "./result-page";

/** Every page of the site, and every shape that it has. */
export interface State {
  name: string;
  /** Brings the page there, as a new visitor, and waits until all of it is drawn. */
  open: (page: Page) => Promise<void>;
}

export const STATES: readonly State[] = [
  { name: "home", open: openHome },
  { name: "home with results", open: analyseBoth },
  { name: "home, asking for a scale", open: askForScale },
  { name: "a result without a verdict", open: (page) => openWithoutVerdict(page) },
  { name: "a patch's result", open: (page) => openResult(page, "patch") },
  { name: "a region's result", open: (page) => openResult(page, "region") },
  {
    name: "an unknown result",
    open: (page) => page.goto(`/results/${UNKNOWN}`).then(settled(page)),
  },
  { name: "history, empty", open: (page) => visit(page, "/history", "No results yet") },
  {
    name: "history as a table",
    open: (page) =>
      visitFilled(page, "/history?view=table", () =>
        expect(page.getByRole("table", { name: "Results" })).toBeVisible(),
      ),
  },
  {
    name: "history as a grid",
    open: (page) =>
      visitFilled(page, "/history?view=grid", () =>
        expect(page.getByText("2 results", { exact: true })).toBeVisible(),
      ),
  },
  {
    name: "history, nothing found",
    open: (page) =>
      visitFilled(page, "/history?search=nothing", () =>
        expect(page.getByText("No result matches the filters")).toBeVisible(),
      ),
  },
  {
    name: "review, nothing to do",
    open: (page) => visit(page, "/history/review", "Nothing to review yet"),
  },
  {
    name: "review",
    open: (page) =>
      visitFilled(page, "/history/review", () =>
        expect(page.getByRole("button", { name: "Skip" })).toBeVisible(),
      ),
  },
  { name: "dashboard, empty", open: (page) => page.goto("/dashboard").then(settled(page)) },
  {
    name: "dashboard",
    open: (page) =>
      visitFilled(page, "/dashboard", () =>
        expect(page.getByRole("heading", { name: "Results by day" })).toBeVisible(),
      ),
  },
  { name: "model", open: openModel },
  { name: "nothing", open: (page) => visit(page, "/nothing", "There is nothing here") },
];

const UNKNOWN = "0190f3a0-0000-7000-8000-000000000000";

async function visit(page: Page, path: string, heading: string): Promise<void> {
  await page.goto(path);
  await expect(page.getByRole("heading", { name: heading })).toBeVisible();
}

async function openHome(page: Page): Promise<void> {
  await visit(page, "/", "Add images");
  await untilExampleOpens(page);
}

/** A visit by somebody who has a patch and a region in the history. */
async function visitFilled(page: Page, path: string, ready: () => Promise<void>): Promise<void> {
  await analyseBoth(page);
  await page.goto(path);
  await ready();
  await page.waitForLoadState("networkidle");
}

async function analyseBoth(page: Page): Promise<void> {
  await visit(page, "/", "Add images");
  await drop(page, [drawing("drawn_crowded"), drawing("drawn_region")]);
  await stateScale(page, "2.5x");
  await expect(page.getByRole("link", { name: "See where and why" })).toHaveCount(2);
}

async function askForScale(page: Page): Promise<void> {
  await visit(page, "/", "Add images");
  await drop(page, [drawing("drawn_region")]);
  await expect(page.getByRole("form", { name: "What is the scale of this image?" })).toBeVisible();
}

/** Of a region whose scale was not stated, by a program that is not the site. */
async function openWithoutVerdict(page: Page): Promise<void> {
  await visit(page, "/", "Add images");
  const { id } = await analyse(page, drawing("drawn_region"), { microns_per_pixel: "" });
  await page.goto(`/results/${id}`);
  await expect(page.getByRole("heading", { level: 1, name: "Not assessable" })).toBeVisible();
}

async function openResult(page: Page, kind: "patch" | "region"): Promise<void> {
  await analyseBoth(page);
  const id = await page.evaluate(async (kind) => {
    const { items } = await (await fetch(`/api/history?kind=${kind}`)).json();
    return String(items[0].id);
  }, kind);
  await page.goto(`/results/${id}`);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  // What lies below comes when it is near.
  const slider = page.getByRole("slider", { name: "Threshold", exact: true });
  await expect(async () => {
    await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
    await expect(slider).toBeVisible({ timeout: 1000 });
  }).toPass();
  await page.evaluate(() => window.scrollTo(0, 0));
}

async function openModel(page: Page): Promise<void> {
  await visit(page, "/model", "About the model");
  // The tables of the drawings are one component: one of them stands for all.
  for (const text of ["cases as a table", "Can the probabilities be trusted?"]) {
    const details = page.locator("details").filter({ hasText: text });
    await details.evaluate((one) => one.setAttribute("open", ""));
  }
  await expect(page.getByRole("table", { name: /^Measured cases/ })).toBeVisible();
}

function settled(page: Page): () => Promise<void> {
  return async () => {
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await page.waitForLoadState("networkidle");
  };
}
