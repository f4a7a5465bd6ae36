import type { Page } from "@playwright/test";
import type { HistoryItem, PredictionResult } from "../../src/lib/api/schema";
import { drawing } from "./files";
import { expect } from "./fixtures";

/** The scale of the drawings. */
export const SCALE = { microns_per_pixel: "4" };

/** Ask the API as the page's visitor, whose cookie only its browser has. */
export function fromApi<T>(page: Page, path: string): Promise<T> {
  return page.evaluate(async (address) => {
    const response = await fetch(address);
    if (!response.ok) {
      throw new Error(`${address}: ${response.status}`);
    }
    return response.json();
  }, `/api${path}`);
}

/** The visitor's records, in the API's order. */
export async function recordsOf(page: Page, query = ""): Promise<HistoryItem[]> {
  const { items } = await fromApi<{ items: HistoryItem[] }>(page, `/history?limit=200&${query}`);
  return items;
}

/** Add a drawing to the visitor's history; the page must be one of the site's. */
export function predict(
  page: Page,
  sample: Parameters<typeof drawing>[0],
  options: Record<string, string> = {},
): Promise<PredictionResult> {
  return post(page, { images: [base64(sample)], share: 0, options: { save: "true", ...options } });
}

/** Add mixtures of the two drawn patches until the model is uncertain of one. */
export async function predictUncertain(page: Page): Promise<PredictionResult> {
  const images = [base64("drawn_crowded"), base64("drawn_loose")];
  for (let share = 0.05; share < 1; share += 0.05) {
    const options = { save: "false", microns_per_pixel: "4" };
    const { verdict } = await post(page, { images, share, options });
    if (verdict === "uncertain") {
      return post(page, { images, share, options: { ...options, save: "true" } });
    }
  }
  throw new Error("the model is sure of every mixture");
}

/** Make the page's visitor one with a malignant patch, a benign one and a region, in this order. */
export async function addThree(
  page: Page,
): Promise<[PredictionResult, PredictionResult, PredictionResult]> {
  await page.goto("/history");
  await expect(page.getByRole("heading", { name: "No results yet" })).toBeVisible();
  const crowded = await predict(page, "drawn_crowded", {
    ...SCALE,
    operating_point: "high_sensitivity",
  });
  const loose = await predict(page, "drawn_loose", SCALE);
  const region = await predict(page, "drawn_region", SCALE);
  expect([crowded.verdict, loose.verdict, region.kind]).toEqual(["malignant", "benign", "region"]);
  await page.reload();
  return [crowded, loose, region];
}

/** Add a review to a record. */
export async function review(page: Page, id: string, opinion: object): Promise<void> {
  await page.evaluate(
    async ({ address, body }) => {
      const headers = { "Content-Type": "application/json" };
      const response = await fetch(address, { method: "POST", headers, body });
      if (!response.ok) {
        throw new Error(`${address}: ${response.status}`);
      }
    },
    { address: `/api/history/${id}/reviews`, body: JSON.stringify(opinion) },
  );
}

function base64(sample: Parameters<typeof drawing>[0]): string {
  return drawing(sample).buffer.toString("base64");
}

interface Mixture {
  /** Pictures of one size, the second laid over the first. */
  images: readonly string[];
  /** Opacity of the second. */
  share: number;
  options: Record<string, string>;
}

function post(page: Page, mixture: Mixture): Promise<PredictionResult> {
  return page.evaluate(async ({ images, share, options }) => {
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d");
    for (const [place, image] of images.entries()) {
      const bytes = Uint8Array.from(atob(image), (letter) => letter.charCodeAt(0));
      const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
      if (place === 0) {
        canvas.width = picture.width;
        canvas.height = picture.height;
      }
      if (context) {
        context.globalAlpha = place === 0 ? 1 : share;
        context.drawImage(picture, 0, 0);
      }
    }
    const file = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
    const form = new FormData();
    form.append("file", file ?? new Blob());
    for (const [name, value] of Object.entries(options)) {
      form.append(name, value);
    }
    const response = await fetch("/api/predict", { method: "POST", body: form });
    if (!response.ok) {
      throw new Error(await response.text());
    }
    return response.json();
  }, mixture);
}
