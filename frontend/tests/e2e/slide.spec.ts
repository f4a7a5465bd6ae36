import { copyFile } from "node:fs/promises";
import type { Locator, Page, Request } from "@playwright/test";
import type { HistoryRecord, PredictionResult } from "../../src/lib/api/schema";
import { DESKTOP, expect, PHONE, test } from "./fixtures";
import { openSlide, SlideFiles, sendButton } from "./slide-files";

// The slides are written once, and one browser at a time opens them.
test.describe.configure({ mode: "default" });
test.use({ viewport: DESKTOP, locale: "en-US", contextOptions: { reducedMotion: "reduce" } });

/** What a slide of some hundred tiles may take on a busy machine. */
const LONG = { timeout: 100_000 };

let slides: SlideFiles;

test.beforeAll(async () => {
  test.setTimeout(300_000);
  slides = await SlideFiles.write();
});

test.afterAll(() => slides?.remove());

/** Requests that may carry something away. */
function watchPosts(page: Page): Request[] {
  const posts: Request[] = [];
  page.on("request", (request) => request.method() === "GET" || posts.push(request));
  return posts;
}

/** Where they went, and with how many bytes. */
async function bodiesOf(posts: readonly Request[]): Promise<[path: string, bytes: number][]> {
  const headers = await Promise.all(posts.map((request) => request.allHeaders()));
  return posts.map((request, place) => [
    new URL(request.url()).pathname,
    Number(headers[place]?.["content-length"] ?? 0),
  ]);
}

/** How many colours the pane shows in its middle. */
function coloursOf(pane: Locator): Promise<number> {
  return pane.locator(".openseadragon-canvas canvas").evaluate((node) => {
    const { width, height } = node as HTMLCanvasElement;
    const context = (node as HTMLCanvasElement).getContext("2d");
    const { data } = context?.getImageData(width / 4, height / 4, width / 2, height / 2) ?? {};
    const colours = new Set<number>();
    for (let place = 0; data && place < data.length; place += 4) {
      colours.add(
        ((data[place] ?? 0) << 16) | ((data[place + 1] ?? 0) << 8) | (data[place + 2] ?? 0),
      );
    }
    return colours.size;
  });
}

async function recordOf(page: Page, panel: Locator): Promise<PredictionResult> {
  const link = panel.getByRole("link", { name: "Open the result" });
  const address = await link.getAttribute("href", LONG);
  const answer = await page.request.get(
    `/api/history${address?.replace("/results", "")}?explain=false`,
  );
  return ((await answer.json()) as HistoryRecord).result;
}

for (const name of ["slide.svs", "slide.ome.tif"]) {
  test(`${name} is looked at, sent at the model's scale only, and scored as by the command`, async ({
    page,
  }) => {
    const posts = watchPosts(page);
    const panel = await openSlide(page, slides.path(name));
    const pane = panel.getByRole("application");
    await expect(pane).toHaveAttribute("data-drawn", "true", LONG);
    await panel.getByRole("button", { name: "20x", exact: true }).click();
    await expect.poll(() => coloursOf(pane)).toBeGreaterThan(50);
    await expect(sendButton(panel)).toBeVisible(LONG);
    await expect(panel.getByTestId("leaving")).toContainText("1,375 × 1,125 px, lossless");
    expect(posts).toEqual([]);

    await sendButton(panel).click();
    const result = await recordOf(page, panel);
    const bodies = await bodiesOf(posts);
    expect(bodies.map(([path]) => path)).toEqual(["/api/tickets", "/predict/slide/"]);
    expect(bodies[0]?.[1]).toBe(0);
    expect(bodies[1]?.[1]).toBeGreaterThan(10_000);
    expect(bodies[1]?.[1]).toBeLessThan(1.5 * slides.pictureBytes(name));

    const wanted = slides.result(name);
    const [tiles, expected] = [result.region?.tiles ?? [], wanted.region?.tiles ?? []];
    const apart = tiles.map((line, row) =>
      line.map((value, column) => {
        const other = expected[row]?.[column] ?? null;
        return value === null || other === null ? Number(value !== other) : Math.abs(value - other);
      }),
    );
    expect(Math.max(...apart.flat())).toBeLessThan(0.01);
    expect(tiles.length).toBe(expected.length);
    const outlines = ({ region }: typeof wanted) => region?.foci.map(({ polygon }) => polygon);
    expect(outlines(result)?.length).toBeGreaterThan(0);
    expect(outlines(result)).toEqual(outlines(wanted));
    const listed = panel.getByRole("region", { name: "Suspicious foci" }).getByRole("listitem");
    await expect(listed).toHaveCount(Math.min(60, result.region?.foci.length ?? 0));

    await panel.getByRole("slider", { name: "Threshold of the map" }).fill("95");
    await expect(listed).not.toHaveCount(Math.min(60, result.region?.foci.length ?? 0));
  });
}

test("a result finds its slide again, and takes no other file for it", async ({ page }) => {
  const panel = await openSlide(page, slides.path("slide.svs"));
  await sendButton(panel).click(LONG);
  await panel.getByRole("link", { name: "Open the result" }).click(LONG);
  await page.waitForURL(/\/results\//);
  await expect(
    page.getByText("gives no verdict on whole slides", { exact: false }).first(),
  ).toBeVisible();
  const chooser = page.getByLabel("Choose the slide");
  await expect(page.getByRole("application").first()).toHaveAttribute("data-drawn", "true", LONG);
  await expect(chooser).toHaveCount(0);

  await page.reload();
  await chooser.setInputFiles(slides.path("slide.ome.tif"));
  await expect(page.getByText("This is another file")).toBeVisible();
  await chooser.setInputFiles(slides.path("slide.svs"));
  await expect(chooser).toHaveCount(0);
  await page.getByRole("button", { name: "20x", exact: true }).click();
  await expect.poll(() => coloursOf(page.getByRole("application").first())).toBeGreaterThan(50);
});

test("a dropped slide is found where it lies", async ({ page }) => {
  await page.goto("/", { waitUntil: "networkidle" });
  const name = "deflate.tif";
  await dropFromDisk(page, slides.path(name));
  const panel = page.getByRole("region", { name: `Slide ${name}` });
  await sendButton(panel).click(LONG);
  await panel.getByRole("link", { name: "Open the result" }).click(LONG);
  await page.waitForURL(/\/results\//);
  await page.reload();
  await page.getByRole("button", { name: "Open the slide from this computer" }).click();
  await expect(page.getByLabel("Choose the slide")).toHaveCount(0);
});

/**
 * Drops a file as a person does: a drop that a script makes has no handle, so the browser's private
 * file system gives one.
 */
async function dropFromDisk(page: Page, path: string): Promise<void> {
  await page.evaluate(() => {
    document.querySelector("#disk")?.remove();
    const input = document.createElement("input");
    input.type = "file";
    input.id = "disk";
    document.body.append(input);
  });
  await page.locator("#disk").setInputFiles(path);
  await page.evaluate(async () => {
    const [file] = document.querySelector<HTMLInputElement>("#disk")?.files ?? [];
    if (!file) {
      throw new Error("no file");
    }
    const folder = await navigator.storage.getDirectory();
    const handle = await folder.getFileHandle(file.name, { create: true });
    const writable = await handle.createWritable();
    await writable.write(file);
    await writable.close();
    Object.assign(DataTransferItem.prototype, { getAsFileSystemHandle: async () => handle });
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(file);
    const drop = new DragEvent("drop", { bubbles: true, dataTransfer });
    document.querySelector("main")?.dispatchEvent(drop);
  });
}

test("what cannot be read here is said in words", async ({ page }) => {
  await copyFile(slides.path("cut.svs"), slides.path("other name.ndpi"));
  for (const [name, problem, words] of [
    ["cut.svs", "corrupt", "cut off or damaged"],
    ["unscaled.svs", "scale_unknown", "does not state its scale"],
    ["jp2.svs", "pixels", "JPEG 2000"],
    ["other name.ndpi", "format", "The browser cannot read Hamamatsu NDPI"],
  ] as const) {
    const panel = await openSlide(page, slides.path(name));
    const alert = panel.getByRole("alert");
    await expect(alert).toHaveAttribute("data-problem", problem);
    await expect(alert).toContainText(words);
    const isScored = problem === "pixels" || problem === "format";
    await expect(alert.locator("code")).toHaveCount(isScored ? 1 : 0);
  }
  await expect(page.locator("code")).toContainText("hf_space slides 'other name.ndpi' --out");
  const panel = await openSlide(page, slides.path("deflate.tif"));
  await expect(sendButton(panel)).toBeVisible(LONG);
});

test("a slide that is added again with another scale is opened anew", async ({ page }) => {
  const microns = page.getByRole("textbox", { name: "µm per pixel" });
  const path = slides.path("unscaled.svs");
  const panel = await openSlide(page, path);
  const problem = (name: string) => panel.locator(`[data-problem="${name}"]`);
  await expect(problem("scale_unknown")).toBeVisible();
  await page.getByRole("radio", { name: "µm per pixel" }).check();
  for (const [scale, name] of [
    ["30", "scale_out_of_range"],
    ["20", "too_large"],
  ] as const) {
    await microns.fill(scale);
    await dropFromDisk(page, path);
    await expect(problem(name)).toBeVisible();
  }
  await microns.fill("0.5");
  await dropFromDisk(page, path);
  await expect(sendButton(panel)).toBeVisible(LONG);
  await expect(panel.getByTestId("leaving")).toContainText("375 × 250 px");
  await expect(problem("too_large")).toHaveCount(0);
});

test("a slide that the service cannot be asked about says so, and goes on", async ({
  page,
  site,
}) => {
  await site.service.kill();
  const panel = await openSlide(page, slides.path("deflate.tif"));
  const alert = panel.getByRole("alert");
  try {
    await expect(panel.getByRole("application")).toHaveAttribute("data-drawn", "true", LONG);
    await expect(alert).toHaveAttribute("data-code", "unreachable", LONG);
  } finally {
    await site.service.resume();
  }
  await alert.getByRole("button").click();
  await expect(sendButton(panel)).toBeVisible(LONG);
});

test("sending is cancelled, and goes on after the connection was lost", async ({
  context,
  page,
  site,
}) => {
  const panel = await openSlide(page, slides.path("deflate.tif"));
  await expect(sendButton(panel)).toBeVisible(LONG);
  site.service.freeze();
  await sendButton(panel).click();
  await panel.getByRole("button", { name: "Cancel" }).click();
  await expect(panel.getByText("Cancelled.", { exact: false })).toBeVisible();
  site.service.thaw();
  await context.setOffline(true);
  await panel.getByRole("button", { name: "Send again" }).click();
  await expect(panel.getByRole("alert")).toBeVisible();
  await context.setOffline(false);
  await panel.getByRole("alert").getByRole("button").click();
  await expect(panel.getByRole("link", { name: "Open the result" })).toBeVisible(LONG);
});

test("a phone opens and sends a slide", async ({ page }) => {
  await page.setViewportSize(PHONE);
  const panel = await openSlide(page, slides.path("deflate.tif"));
  await sendButton(panel).scrollIntoViewIfNeeded(LONG);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(PHONE.width);
  await sendButton(panel).click();
  await expect(panel.getByRole("link", { name: "Open the result" })).toBeVisible(LONG);
});
