import type { Locator, Page } from "@playwright/test";
import { copied, drawing, drop, stateScale } from "./files";
import { DESKTOP, expect, test } from "./fixtures";
import type { Service } from "./processes";

/** What a region of some thousand tiles may take on a busy machine. */
const LONG = { timeout: 180_000 };

const SEE = "See where and why";

/**
 * Sends a region of a hundred batches or more.
 *
 * @param columns Copies of the drawing side by side: each test has its own number, or the service
 *   would have the result in its cache.
 */
async function sendLarge(page: Page, columns: number): Promise<Locator> {
  const file = await copied(page, drawing("drawn_region"), columns, 2);
  await drop(page, [file]);
  await stateScale(page, "2.5x");
  return page.getByRole("article", { name: file.name });
}

/**
 * Waits until some tiles are drawn and others still wait under the veil; looks at every frame.
 *
 * @param press A button that is pressed in that frame: later all may be done.
 */
async function untilHalfDrawn(exhibit: Locator, press?: string): Promise<void> {
  const label = await exhibit.getAttribute("aria-label", LONG);
  await exhibit.page().waitForFunction(
    ({ label, press }) => {
      const article = document.querySelector(`article[aria-label="${label}"]`);
      const canvas = article?.querySelector("canvas");
      const { width = 0, height = 0 } = canvas ?? {};
      const pixels = width && canvas?.getContext("2d")?.getImageData(0, 0, width, height).data;
      if (!pixels) {
        return false;
      }
      const seen = Array.from({ length: width * height }, (_, place) => 4 * place).filter(
        (place) => pixels[place + 3],
      );
      const isVeil = (place: number) => pixels[place] === 255;
      const isHalf = seen.some(isVeil) && !seen.every(isVeil);
      if (isHalf && press) {
        article?.querySelector<HTMLElement>(`button[aria-label^="${press}"]`)?.click();
      }
      return isHalf;
    },
    { label, press },
    LONG,
  );
}

/** Pixels of the map that have a colour, and those under the veil. */
function mapPixels(exhibit: Locator): Promise<{ coloured: number; veiled: number }> {
  return exhibit.locator("canvas").evaluate((node) => {
    const { width, height } = node as HTMLCanvasElement;
    const context = (node as HTMLCanvasElement).getContext("2d");
    const pixels = context?.getImageData(0, 0, width, height).data ?? [];
    const count = { coloured: 0, veiled: 0 };
    for (let place = 0; place < pixels.length; place += 4) {
      if (pixels[place + 3]) {
        count[pixels[place] === 255 ? "veiled" : "coloured"] += 1;
      }
    }
    return count;
  });
}

/** Notes every text that the page shows of an analysis, in order, however briefly it does. */
function watchTexts(page: Page): Promise<void> {
  return page.evaluate(() => {
    const seen = new Set<string>();
    Object.assign(window, { seen });
    new MutationObserver(() => {
      for (const { textContent } of document.querySelectorAll("article p")) {
        if (/^[\d,]+ × |^Tissue in|of [\d,]+ tiles/.test(textContent ?? "")) {
          seen.add(textContent ?? "");
        }
      }
    }).observe(document.body, { childList: true, characterData: true, subtree: true });
  });
}

function seenTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => [...(window as unknown as { seen: Set<string> }).seen]);
}

/** A metric's value, from the service itself. */
async function metric(service: Service, name: string): Promise<number> {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (.+)$`, "m").exec(text)?.[1]);
}

/** Has a patch scored, without the page and without the cache. */
async function scorePatch(service: Service, sample: "drawn_crowded" | "drawn_loose") {
  const body = new FormData();
  body.append("save", "false");
  body.append("file", new Blob([new Uint8Array(drawing(sample).buffer)]));
  const response = await fetch(`${service.url}/predict/`, { method: "POST", body });
  expect(response.status).toBe(200);
}

/** How many uploads this browser keeps. */
function keptUploads(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve, reject) => {
        const opening = indexedDB.open("biopsia", 1);
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const counting = opening.result.transaction("uploads").objectStore("uploads").count();
          counting.onsuccess = () => {
            opening.result.close();
            resolve(counting.result);
          };
        };
      }),
  );
}

test.use({ locale: "en-US", viewport: DESKTOP });

test("a region's map fills in before its result, which takes its place without a jump", async ({
  page,
}) => {
  test.slow();
  const asked = page.waitForRequest(/\/api\/predict$/);
  await page.goto("/");
  await watchTexts(page);
  const exhibit = await sendLarge(page, 6);
  expect((await (await asked).allHeaders()).accept).toBe("application/x-ndjson");
  await untilHalfDrawn(exhibit);
  const picture = exhibit.getByRole("img", { name: /^Your image/ });
  const before = await picture.boundingBox();

  await expect(exhibit.getByRole("link", { name: SEE })).toBeVisible(LONG);
  const { veiled, coloured } = await mapPixels(exhibit);
  expect(veiled).toBe(0);
  expect(coloured).toBeGreaterThan(0);
  expect(await picture.boundingBox()).toEqual(before);

  const [size, tissue, ...tiles] = await seenTexts(page);
  expect(size).toBe("3,600 × 800 px, read at 4 µm/px (as you stated).");
  expect(tissue).toMatch(/^Tissue in \d+% of the tiles\.$/);
  const [done = [], total = []] = [1, 2].map((part) =>
    tiles.map((text) => Number(/^([\d,]+) of ([\d,]+) tiles/.exec(text)?.[part]?.replace(",", ""))),
  );
  expect(done.length).toBeGreaterThan(2);
  expect(done).toEqual(done.toSorted((one, other) => one - other));
  expect(new Set(total).size).toBe(1);
  expect(total[0]).toBeGreaterThan(500);
});

test("Cancel frees the engine at once, and the image can be sent again", async ({ page, site }) => {
  test.slow();
  const scoredBefore = await metric(site.service, "biopsia_batch_size_sum");
  await page.goto("/");
  await watchTexts(page);
  const exhibit = await sendLarge(page, 7);
  await untilHalfDrawn(exhibit, "Cancel");
  await expect(exhibit.getByText("Cancelled")).toBeVisible();
  await expect(page.getByRole("status").filter({ hasText: "cancelled" })).toHaveCount(1);
  await expect.poll(() => metric(site.service, "biopsia_queue_length")).toBe(0);
  // A batch that had begun ends before the patch is scored.
  await scorePatch(site.service, "drawn_crowded");
  const scored = await metric(site.service, "biopsia_batch_size_sum");
  const [text = ""] = (await seenTexts(page)).slice(-1);
  const total = Number(/of ([\d,]+) tiles/.exec(text)?.[1]?.replace(",", ""));
  expect(scored - scoredBefore).toBeLessThan(total);
  await scorePatch(site.service, "drawn_loose");
  expect(await metric(site.service, "biopsia_batch_size_sum")).toBe(scored + 1);

  await exhibit.getByRole("button", { name: "Try again" }).click();
  await untilHalfDrawn(exhibit, "Cancel");
});

test("a device that goes offline in the middle says so, and goes on when it is back", async ({
  page,
  context,
  site,
}) => {
  test.slow();
  await page.goto("/");
  const exhibit = await sendLarge(page, 8);
  await untilHalfDrawn(exhibit);
  // What the browser emulates lets open connections through.
  site.service.freeze();
  await context.setOffline(true);
  await expect(
    exhibit.getByText("You are offline. The image is sent when the connection returns."),
  ).toBeVisible(LONG);
  await expect(exhibit.locator("canvas[data-layer=tiles]")).toHaveCount(0);
  site.service.thaw();
  await context.setOffline(false);
  await expect(exhibit.getByRole("link", { name: SEE })).toBeVisible(LONG);
});

test("a service that dies in the middle is said to, and the image is sent again", async ({
  page,
  site,
}) => {
  test.slow();
  await page.goto("/");
  const exhibit = await sendLarge(page, 9);
  await untilHalfDrawn(exhibit);
  await site.service.kill();
  await expect(
    exhibit.getByText("The connection was lost before the result arrived."),
  ).toBeVisible();
  await site.service.resume();
  await untilHalfDrawn(exhibit, "Cancel");
});

test("the queue survives a reload, and nothing is kept of what is done", async ({ page }) => {
  test.slow();
  const file = drawing("drawn_region", "kept.png");
  await page.goto("/");
  await drop(page, [file]);
  const question = page.getByRole("form", { name: "What is the scale of this image?" });
  await expect(question).toBeVisible();
  await expect.poll(() => keptUploads(page)).toBe(1);
  await page.reload();
  await expect(question).toBeVisible();
  await expect(page.getByRole("img", { name: "Your image kept.png" })).toBeVisible();
  await stateScale(page, "2.5x");
  await expect(page.getByRole("link", { name: SEE })).toBeVisible();
  await expect.poll(() => keptUploads(page)).toBe(0);

  await page.reload();
  await expect(page.getByRole("heading", { name: "Add images" })).toBeVisible();
  await page.getByRole("switch", { name: "Save nothing" }).check();
  await drop(page, [file, drawing("drawn_crowded")]);
  await expect(page.getByRole("link", { name: SEE })).toBeVisible();
  await expect(question).toBeVisible();
  expect(await keptUploads(page)).toBe(0);
});

test("an analysis goes on after a reload", async ({ page }) => {
  test.slow();
  await page.goto("/");
  const exhibit = await sendLarge(page, 10);
  await untilHalfDrawn(exhibit);
  await page.reload();
  await untilHalfDrawn(exhibit, "Cancel");
  await expect(exhibit.getByText("Cancelled")).toBeVisible();
  await page.reload();
  await expect(exhibit.getByText("Cancelled")).toBeVisible();
  await exhibit.getByRole("button", { name: "Remove" }).click();
  await expect.poll(() => keptUploads(page)).toBe(0);
});
