import type { Page } from "@playwright/test";

/** Milliseconds from a file's drop to its verdict on the page, and of the API for such an image. */
export interface DropTimes {
  median_to_verdict_ms: number;
  p95_to_verdict_ms: number;
  median_api_ms: number;
  p95_api_ms: number;
}

/**
 * Drop images one by one, and ask the API itself about as many others, in turn.
 *
 * Every image differs in one pixel, so that no result comes from the cache.
 */
export async function measureDrops(
  page: Page,
  addresses: { site: string; api: string },
  image: Buffer,
  rounds: number,
): Promise<DropTimes> {
  const toVerdict: number[] = [];
  const ofApi: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await page.goto(addresses.site, { waitUntil: "networkidle" });
    const own = await variant(page, image, 2 * round);
    const other = await variant(page, image, 2 * round + 1);
    // No larger image is sent before its scale is stated.
    await page.locator("input[name=scale]").nth(1).check();
    await page.getByRole("textbox").fill("4");
    toVerdict.push(await dropToVerdict(page, own));
    ofApi.push(await askApi(addresses.api, other));
  }
  // The first of each warms up connections and compiled code.
  const [shown, asked] = [toVerdict.slice(1), ofApi.slice(1)];
  return {
    median_to_verdict_ms: quantile(shown, 0.5),
    p95_to_verdict_ms: quantile(shown, 0.95),
    median_api_ms: quantile(asked, 0.5),
    p95_api_ms: quantile(asked, 0.95),
  };
}

async function variant(page: Page, image: Buffer, seed: number): Promise<string> {
  return page.evaluate(
    async ({ base64, seed }) => {
      const original = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const picture = await createImageBitmap(new Blob([original]));
      const canvas = new OffscreenCanvas(picture.width, picture.height);
      const context = canvas.getContext("2d");
      context?.drawImage(picture, 0, 0);
      context?.putImageData(new ImageData(new Uint8ClampedArray([seed, 99, 160, 255]), 1), 3, 3);
      const bytes = new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer());
      return btoa(String.fromCharCode(...bytes));
    },
    { base64: image.toString("base64"), seed },
  );
}

async function dropToVerdict(page: Page, base64: string): Promise<number> {
  return page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([bytes], "dropped.png", { type: "image/png" }));
    const start = performance.now();
    const options = { dataTransfer, bubbles: true, cancelable: true };
    (document.querySelector("main") ?? document.body).dispatchEvent(new DragEvent("drop", options));
    const deadline = start + 20_000;
    while (!document.querySelector("article [data-verdict]")?.checkVisibility()) {
      if (performance.now() > deadline) {
        throw new Error("no verdict");
      }
      await new Promise(requestAnimationFrame);
    }
    return performance.now() - start;
  }, base64);
}

async function askApi(url: string, base64: string): Promise<number> {
  const start = performance.now();
  const response = await fetch(`${url}/predict/`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ image: base64, microns_per_pixel: 4, explain: false }),
  });
  await response.json();
  if (!response.ok) {
    throw new Error(`the API answered ${response.status}`);
  }
  return performance.now() - start;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  const value =
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return Math.round(10 * value) / 10;
}
