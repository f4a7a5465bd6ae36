import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BrowserContext, chromium } from "@playwright/test";
import tests from "../playwright.config";

const EXAMPLES = fileURLToPath(new URL("../../hf_space/examples/", import.meta.url));

/** A drawn example image, by its name. */
export function example(name: string): Promise<Buffer> {
  return readFile(join(EXAMPLES, name));
}

/** A browser profile of its own, which another program may look at through a port. */
export async function withBrowser<T>(
  debuggingPort: number,
  use: (context: BrowserContext) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "biopsia-bench-"));
  const { executablePath, args = [] } = tests.use?.launchOptions ?? {};
  const context = await chromium.launchPersistentContext(folder, {
    ...(executablePath ? { executablePath } : {}),
    args: [...args, `--remote-debugging-port=${debuggingPort}`],
  });
  try {
    return await use(context);
  } finally {
    await context.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Save results of images as the visitor of a context; returns their ids. */
export async function saveResults(
  context: BrowserContext,
  siteUrl: string,
  images: readonly Buffer[],
): Promise<string[]> {
  const page = await context.newPage();
  await page.goto(siteUrl);
  const ids: string[] = [];
  for (const image of images) {
    const id = await page.evaluate(async (base64) => {
      const response = await fetch("/api/predict", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ image: base64, microns_per_pixel: 4, explain: false, save: true }),
      });
      const { id, saved } = (await response.json()) as { id: string; saved: boolean };
      if (!saved) {
        throw new Error("the service did not save a result");
      }
      return id;
    }, image.toString("base64"));
    ids.push(id);
  }
  await page.close();
  return ids;
}
