import type { BrowserContext, Page } from "@playwright/test";

/** What a file's headers count, as in `transferSize`, which is 0 for what the browser still has. */
const HEADER_BYTES = 300;

/** Bytes of JavaScript of home as they come over the wire, with headers. */
export interface ScriptBytes {
  /** Of files that were asked for before the page had loaded. */
  first_load: number;
  /** Of all files while nobody touches the page. */
  untouched: number;
  /** Of all files once the example's viewer is there. */
  with_viewer: number;
}

/** Open home, leave it alone, then point at it. */
export async function measureScript(context: BrowserContext, url: string): Promise<ScriptBytes> {
  const page = await context.newPage();
  // The page asks for it once it listens.
  const started = page.waitForResponse("**/api/health");
  await page.goto(url, { waitUntil: "networkidle" });
  await started;
  const { before, all: untouched } = await scripts(page);
  await page.mouse.move(3, 3);
  await page.locator("[role=application][data-drawn=true]").waitFor();
  const { all: withViewer } = await scripts(page);
  await page.close();
  return { first_load: before, untouched, with_viewer: withViewer };
}

function scripts(page: Page): Promise<{ before: number; all: number }> {
  return page.evaluate((headerBytes) => {
    const [visit] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
    const files = performance
      .getEntriesByType("resource")
      .filter(({ name }) => new URL(name).pathname.endsWith(".js")) as PerformanceResourceTiming[];
    const total = (some: PerformanceResourceTiming[]) =>
      some.reduce((sum, { encodedBodySize }) => sum + encodedBodySize + headerBytes, 0);
    const loadedAt = visit?.loadEventStart ?? 0;
    return {
      before: total(files.filter(({ startTime }) => startTime < loadedAt)),
      all: total(files),
    };
  }, HEADER_BYTES);
}
