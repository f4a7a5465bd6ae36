import { readFile } from "node:fs/promises";
import type { Page, Response } from "@playwright/test";
import type { HistoryRecord, PredictionResult } from "../../src/lib/api/schema";
import { copied, drawing, stateScale, type TestFile } from "./files";
import { expect } from "./fixtures";

export const VERDICTS = {
  malignant: "Suggests IDC",
  benign: "Does not suggest IDC",
  uncertain: "Inconclusive",
  not_assessable: "Not assessable",
};

/** What the drawings are analysed with, unless a test says otherwise; an empty text: without. */
const OPTIONS = { save: "true", microns_per_pixel: "4" };

/** Has an image analysed for the page's visitor, without the page. */
export async function analyse(
  page: Page,
  file: TestFile,
  options: Record<string, string> = {},
): Promise<PredictionResult> {
  await page.goto("/model");
  return page.evaluate(
    async ({ base64, options }) => {
      const form = new FormData();
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      form.append("file", new Blob([bytes]));
      for (const [name, value] of Object.entries(options)) {
        if (value !== "") {
          form.append(name, value);
        }
      }
      return (await fetch("/api/predict", { method: "POST", body: form })).json();
    },
    { base64: file.buffer.toString("base64"), options: { ...OPTIONS, ...options } },
  );
}

/** The result at the end of a response that the page reads line by line. */
export async function streamedResult<Result = PredictionResult>(
  response: Response | null | undefined,
): Promise<Result> {
  const last = (await response?.text())?.trim().split("\n").at(-1) ?? "";
  return JSON.parse(last).result;
}

/** Chooses a file on the first page and goes on to its result. */
export async function upload(page: Page, file: TestFile): Promise<string> {
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Choose files" }).click();
  await (await chooser).setFiles(file);
  if (file.name.includes("region")) {
    await stateScale(page, "2.5x");
  }
  await page.getByRole("link", { name: "See where and why" }).first().click();
  await page.waitForURL(/\/results\//);
  return page.url().split("/").at(-1) ?? "";
}

export async function recordOf(page: Page, id: string): Promise<HistoryRecord> {
  return page.evaluate(
    async (path) => (await fetch(path)).json(),
    `/api/history/${id}?explain=false`,
  );
}

export function figure(probability: number): string {
  return probability.toLocaleString("en-US", {
    minimumFractionDigits: 3,
    maximumFractionDigits: 3,
  });
}

export function percent(share: number): string {
  return share.toLocaleString("en-US", {
    style: "percent",
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
}

export function image(page: Page) {
  return page.getByRole("application", { name: "Image with evidence" });
}

/** The picture that the server sent gives way to the drawing. */
export async function untilDrawn(page: Page): Promise<void> {
  await expect(page.getByAltText("The image that was analysed")).toHaveCSS("opacity", "0");
}

/** Points at home until the example's viewer is there: it cannot be told before the page listens. */
export async function untilExampleOpens(page: Page): Promise<void> {
  const pane = page.getByRole("application");
  let x = 0;
  await expect(async () => {
    x = 1 - x;
    await page.mouse.move(x, 1);
    await expect(pane).toHaveAttribute("data-drawn", "true", { timeout: 2000 });
  }).toPass();
}

/** Where points of the image lie on the page, while all of it is shown. */
export async function placing(page: Page, { width, height }: PredictionResult["image"]) {
  await untilDrawn(page);
  await image(page).scrollIntoViewIfNeeded();
  const box = (await image(page).boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  const scale = Math.min(box.width / width, box.height / height);
  return {
    scale,
    at: (x: number, y: number) => ({
      x: box.x + (box.width - scale * width) / 2 + scale * x,
      y: box.y + (box.height - scale * height) / 2 + scale * y,
    }),
  };
}

export function field(page: Page, name: string) {
  return page
    .getByLabel("Under the pointer")
    .locator("div")
    .filter({ has: page.getByText(name, { exact: true }) })
    .getByRole("definition");
}

/** Colour of a point of the page, as it is seen. */
export async function colourAt(page: Page, x: number, y: number): Promise<number[]> {
  const clip = { x: Math.floor(x), y: Math.floor(y), width: 1, height: 1 };
  const picture = await page.screenshot({ clip });
  return page.evaluate(async (base64) => {
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const context = document.createElement("canvas").getContext("2d");
    context?.drawImage(image, 0, 0);
    return [...(context?.getImageData(0, 0, 1, 1).data ?? [])];
  }, picture.toString("base64"));
}

export async function download(
  page: Page,
  name: string,
): Promise<{ name: string; content: Buffer }> {
  const started = page.waitForEvent("download");
  await page.getByRole("button", { name, exact: true }).click();
  const file = await started;
  return { name: file.suggestedFilename(), content: await readFile(await file.path()) };
}

export function pagesOf(pdf: Buffer): number {
  return pdf.toString("latin1").match(/\/Type\s*\/Page(?![s\w])/g)?.length ?? 0;
}

/** Has the drawn region analysed, so many times side by side, and opens its result. */
export async function openRegion(page: Page, copies = 1): Promise<PredictionResult> {
  const region = drawing("drawn_region");
  await page.goto("/model");
  const file = copies === 1 ? region : await copied(page, region, copies);
  const result = await analyse(page, file);
  await page.goto(`/results/${result.id}`);
  await untilDrawn(page);
  return result;
}

/** The middle of the pane, on the page. */
export async function middle(page: Page): Promise<{ x: number; y: number }> {
  const box = (await image(page).boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** The tile of a result with the highest probability: its place and its middle, in pixels. */
export function peakOf({ region }: PredictionResult) {
  const rows = region?.tiles ?? [];
  const most = Math.max(...rows.flat().map((value) => value ?? 0));
  const row = rows.findIndex((line) => line.includes(most));
  const column = rows[row]?.indexOf(most) ?? 0;
  return { most, x: 50 * column + 22, y: 50 * row + 22 };
}

/** As the viewer states it to three digits, with its unit. */
export async function magnification(page: Page): Promise<string> {
  return (await page.getByTestId("magnification").getAttribute("title")) ?? "";
}
