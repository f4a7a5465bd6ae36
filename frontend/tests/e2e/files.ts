import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { crc32, deflateSync } from "node:zlib";
import type { Page } from "@playwright/test";

/** A file as Playwright's file inputs take it. */
export interface TestFile {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

const SAMPLES = fileURLToPath(new URL("../../public/samples/", import.meta.url));

/** One of the drawings, under a name of its own. */
export function drawing(
  sample: "drawn_crowded" | "drawn_loose" | "drawn_region",
  name = `${sample}.png`,
): TestFile {
  return { name, mimeType: "image/png", buffer: readFileSync(`${SAMPLES}${sample}.png`) };
}

/** A pink square of noise, which no format can make small. */
export function noise(name: string, sidePixels: number): TestFile {
  const row = 1 + 3 * sidePixels;
  const pixels = Buffer.alloc(row * sidePixels);
  for (let place = 0; place < pixels.length; place++) {
    const channel = (place % row) - 1;
    // Each row begins with its filter: none.
    pixels[place] = channel < 0 ? 0 : channel % 3 === 1 ? random(90, 90) : random(130, 90);
  }
  return { name, mimeType: "image/png", buffer: png(sidePixels, pixels) };
}

/** Wait until the page's scripts take files: before that a drop is the browser's own. */
async function untilReady(page: Page): Promise<void> {
  await page.waitForLoadState("networkidle");
  await page.waitForFunction(() => {
    const input = document.querySelector("input[type=file]");
    return Object.keys(input ?? {}).some((key) => key.startsWith("__reactProps"));
  });
}

/** Drop files in the middle of the page, or onto a part of it. */
export async function drop(
  page: Page,
  files: readonly TestFile[],
  target = page.locator("main"),
): Promise<void> {
  await untilReady(page);
  const dataTransfer = await transferOf(page, files);
  await target.dispatchEvent("drop", { dataTransfer });
}

/** State the scale that the page asks for, by a part of the option's name, and send. */
export async function stateScale(page: Page, option: string): Promise<void> {
  const question = page.getByRole("form", { name: /What is the scale/ });
  await question.getByRole("radio", { name: option }).check();
  await question.getByRole("button", { name: /^Analyse/ }).click();
}

/** An image so many times larger, its pixels as squares, as a camera at a higher power sees it. */
export function enlarged(page: Page, file: TestFile, factor: number): Promise<TestFile> {
  return redrawn(page, { ...file, name: `enlarged_${file.name}` }, factor, { columns: 1, rows: 1 });
}

/** An image several times, side by side and in rows. */
export function copied(page: Page, file: TestFile, columns: number, rows = 1): Promise<TestFile> {
  return redrawn(page, { ...file, name: `copied_${file.name}` }, 1, { columns, rows });
}

async function redrawn(
  page: Page,
  { name, buffer }: TestFile,
  factor: number,
  copies: { columns: number; rows: number },
): Promise<TestFile> {
  const base64 = await page.evaluate(
    async ({ base64, factor, copies: { columns, rows } }) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const picture = await createImageBitmap(new Blob([bytes]));
      const [width, height] = [factor * picture.width, factor * picture.height];
      const canvas = new OffscreenCanvas(columns * width, rows * height);
      const context = canvas.getContext("2d");
      if (context) {
        context.imageSmoothingEnabled = false;
        for (let place = 0; place < columns * rows; place++) {
          const [column, row] = [place % columns, Math.floor(place / columns)];
          context.drawImage(picture, column * width, row * height, width, height);
        }
      }
      const blob = await canvas.convertToBlob();
      const reader = new FileReader();
      const read = new Promise((resolve) => {
        reader.onload = resolve;
      });
      reader.readAsDataURL(blob);
      await read;
      return String(reader.result).replace(/^[^,]*,/, "");
    },
    { base64: buffer.toString("base64"), factor, copies },
  );
  return { name, mimeType: "image/png", buffer: Buffer.from(base64, "base64") };
}

/** Paste files where the focus is, as Ctrl+V does with an image in the clipboard. */
export async function paste(page: Page, files: readonly TestFile[]): Promise<void> {
  await untilReady(page);
  const transfer = await transferOf(page, files);
  await page.evaluate((clipboardData) => {
    const event = new ClipboardEvent("paste", { clipboardData, bubbles: true });
    document.activeElement?.dispatchEvent(event);
  }, transfer);
}

function transferOf(page: Page, files: readonly TestFile[]) {
  const plain = files.map(({ name, mimeType, buffer }) => ({
    name,
    mimeType,
    base64: buffer.toString("base64"),
  }));
  return page.evaluateHandle((items) => {
    const transfer = new DataTransfer();
    for (const { name, mimeType, base64 } of items) {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type: mimeType }));
    }
    return transfer;
  }, plain);
}

function random(least: number, range: number): number {
  return least + Math.floor(range * Math.random());
}

function png(sidePixels: number, pixels: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(sidePixels, 0);
  header.writeUInt32BE(sidePixels, 4);
  // 8 bits for each of red, green and blue.
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(pixels, { level: 1 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
