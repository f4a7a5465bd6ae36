import { SlideError } from "@/lib/slide/error";
import { wholeJpeg } from "@/lib/slide/jpeg";
import { unpackLzw } from "@/lib/slide/lzw";
import { COMPRESSION, type Level } from "@/lib/slide/segments";

/** Turns tiles into pictures that a canvas draws; in a worker, or on a page. */

/**
 * A tile, decoded by the browser.
 *
 * @param profile ICC profile that the browser applies to what is shown; null leaves the numbers as
 *   they are in the file. Only JPEG takes one along.
 * @throws SlideError `corrupt` where the tile is damaged.
 */
export async function decodeTile(
  content: Uint8Array<ArrayBuffer>,
  level: Level,
  profile: Uint8Array | null,
): Promise<ImageBitmap> {
  try {
    if (level.compression === COMPRESSION.jpeg) {
      return await decodeJpeg(content, level, profile);
    }
    const { width, height } = level.tile;
    const samples = await unpacked(content, level);
    return await createImageBitmap(new ImageData(toRgba(samples, level), width, height));
  } catch {
    throw new SlideError("corrupt");
  }
}

async function decodeJpeg(
  content: Uint8Array<ArrayBuffer>,
  { jpegTables, photometric, tile }: Level,
  profile: Uint8Array | null,
): Promise<ImageBitmap> {
  const jpeg = wholeJpeg(content, { tables: jpegTables, photometric, profile });
  const colorSpaceConversion = profile ? "default" : "none";
  const bitmap = await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }), {
    colorSpaceConversion,
  });
  // A last strip may have fewer rows than the others.
  if (bitmap.width > 2 * tile.width || bitmap.height > 2 * tile.height) {
    bitmap.close();
    throw new SlideError("corrupt");
  }
  return bitmap;
}

async function unpacked(content: Uint8Array<ArrayBuffer>, level: Level): Promise<Uint8Array> {
  const size = level.tile.width * level.tile.height * level.samples;
  switch (level.compression) {
    case COMPRESSION.lzw:
      return unpackLzw(content, size);
    case COMPRESSION.none:
      return content;
    default:
      return inflated(content, size);
  }
}

async function inflated(content: Uint8Array<ArrayBuffer>, size: number): Promise<Uint8Array> {
  const stream = new Blob([content]).stream().pipeThrough(new DecompressionStream("deflate"));
  const reader = stream.getReader();
  const whole = new Uint8Array(size);
  for (let at = 0; at < size; ) {
    const { done, value } = await reader.read();
    if (done) {
      break;
    }
    whole.set(value.subarray(0, size - at), at);
    at += value.length;
  }
  await reader.cancel();
  return whole;
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
