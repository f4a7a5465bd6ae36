import { readFileSync } from "node:fs";
import type { Browser, Locator, Page } from "@playwright/test";
import { test } from "../tests/e2e/fixtures";
import { SlideFiles, sendButton } from "../tests/e2e/slide-files";

/** What a slide of 22,000 x 18,000 px costs: the bars are 1 s, 8 s, 600 MB and 1.5 times the PNG. */
interface SlideFigures {
  first_view_ms: number;
  ready_ms: number;
  sent_bytes: number;
  png_bytes: number;
  /** Most that the tab's process held, while the slide was zoomed and made ready. */
  tab_mb: number;
}

test("a slide on the visitor's disk", async ({ browser, site }) => {
  const slides = await SlideFiles.write();
  const figures: Record<string, SlideFigures> = {};
  for (const name of ["slide.svs", "slide.ome.tif"]) {
    const page = await browser.newPage({ baseURL: site.url });
    figures[name] = await measure(browser, page, slides, name);
    await page.close();
  }
  await slides.remove();
  process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
});

async function measure(
  browser: Browser,
  page: Page,
  slides: SlideFiles,
  name: string,
): Promise<SlideFigures> {
  await page.goto("/", { waitUntil: "networkidle" });
  const started = performance.now();
  const since = () => Math.round(performance.now() - started);
  const panel = await openSlideHere(page, slides.path(name));
  await drawn(panel);
  const firstView = since();
  await sendButton(panel).waitFor();
  const ready = since();
  for (const magnification of ["5x", "20x", "40x"]) {
    await panel.getByRole("button", { name: magnification, exact: true }).click();
    await page.waitForLoadState("networkidle");
  }
  const request = page.waitForRequest(/\/predict\/slide\//);
  await sendButton(panel).click();
  return {
    first_view_ms: firstView,
    ready_ms: ready,
    sent_bytes: Number((await (await request).allHeaders())["content-length"]),
    png_bytes: slides.pictureBytes(name),
    tab_mb: await mostOfTab(browser),
  };
}

/** A locator would look every half second only. */
async function drawn(panel: Locator): Promise<void> {
  await panel.evaluate(
    (section) =>
      new Promise<void>((resolve) => {
        const look = () =>
          section.querySelector('[data-drawn="true"]') ? resolve() : requestAnimationFrame(look);
        look();
      }),
  );
}

async function openSlideHere(page: Page, path: string) {
  await page.locator("input[type=file][multiple]").setInputFiles(path);
  return page.getByRole("region", { name: `Slide ${path.replace(/^.*\//, "")}` });
}

/** MB that the largest of the browser's pages has held at most. */
async function mostOfTab(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const held = processInfo
    .filter(({ type }) => type === "renderer")
    .map(({ id }) => /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1]);
  return Math.round(Math.max(...held.map(Number)) / 1024);
}
