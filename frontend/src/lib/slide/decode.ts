import { SlideError } from "@/lib/slide/error";
import { sizeOfJpeg, wholeJpeg } from "@/lib/slide/jpeg";
import type { Size } from "@/lib/slide/levels";
import { COMPRESSION, type Level } from "@/lib/slide/segments";
import { unpackedTile } from "@/lib/slide/unpack";

/** Turns tiles into pictures that a canvas draws; in a worker, or on a page. */

/**
 * A tile, decoded by the browser.
 *
 * @param part What of it lies within the level; all of that is there.
 * @param profile ICC profile that the browser applies to what is shown; null leaves the numbers as
 *   they are in the file. Only JPEG takes one along.
 * @throws SlideError `corrupt` where the tile is damaged.
 */
export async function decodeTile(
  content: Uint8Array<ArrayBuffer>,
  level: Level,
  part: Size,
  profile: Uint8Array | null,
): Promise<ImageBitmap> {
  try {
    if (level.compression === COMPRESSION.jpeg) {
      checkJpeg(content, level, part);
      return await decodeJpeg(content, level, profile);
    }
    const { width, height } = level.tile;
    const samples = await unpackedTile(content, level, part);
    return await createImageBitmap(new ImageData(toRgba(samples, level), width, height));
  } catch {
    throw new SlideError("corrupt");
  }
}

/**
 * Refuse a JPEG that does not fill its place, or that is larger, before memory is taken for it.
 *
 * @throws SlideError `corrupt`.
 */
export function checkJpeg(content: Uint8Array, { tile }: Level, part: Size): void {
  const { width, height } = sizeOfJpeg(content) ?? { width: 0, height: 0 };
  const isFilled = width >= part.width && height >= part.height;
  if (!isFilled || width > tile.width || height > tile.height) {
    throw new SlideError("corrupt");
  }
}

function decodeJpeg(
  content: Uint8Array<ArrayBuffer>,
  { jpegTables, photometric }: Level,
  profile: Uint8Array | null,
): Promise<ImageBitmap> {
  const jpeg = wholeJpeg(content, { tables: jpegTables, photometric, profile });
  const colorSpaceConversion = profile ? "default" : "none";
  return createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }), { colorSpaceConversion });
}

function toRgba(samples: Uint8Array, level: Level): Uint8ClampedArray<ArrayBuffer> {
  const { width, height } = level.tile;
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let row = 0; row < height; row++) {
    const sum = [0, 0, 0];
    for (let column = 0; column < width; column++) {
      const [from, to] = [(row * width + column) * 3, (row * width + column) * 4];
      for (let channel = 0; channel < 3; channel++) {
        const value = samples[from + channel] ?? 255;
        sum[channel] = level.isPredicted ? ((sum[channel] as number) + value) & 255 : value;
        rgba[to + channel] = sum[channel] as number;
      }
    }
  }
  return rgba;
}
