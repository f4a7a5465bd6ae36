import { bytesOf } from "@/lib/slide/directory";
import { SlideError } from "@/lib/slide/error";
import type { Size } from "@/lib/slide/levels";
import type { Page } from "@/lib/slide/pages";
import { TAG } from "@/lib/slide/tags";

/** The storage of a level's pixels, as far as it is supported here. */

export const COMPRESSION = { none: 1, lzw: 5, jpeg: 7, deflate: 8, oldDeflate: 32946 } as const;

/** TIFF's numbers, with names for people. */
const JPEG_2000: ReadonlySet<number> = new Set([33003, 33004, 33005, 34712]);
const READ: ReadonlySet<number> = new Set(Object.values(COMPRESSION));
const RGB = 2;
const YCBCR = 6;
const HORIZONTAL = 2;
const UPRIGHT = 1;
/** Decoded pixels of one tile or strip. */
const MOST_PIXELS = 1 << 24;

/** One level of a slide, stored in tiles or strips. */
export interface Level extends Size {
  tile: Size;
  compression: number;
  photometric: number;
  samples: number;
  /** Whether each pixel is stored as the difference from the previous one. */
  isPredicted: boolean;
  /** Tables that all JPEG tiles share. */
  jpegTables: Uint8Array | null;
  offsets: readonly number[];
  byteCounts: readonly number[];
}

/**
 * How a level is stored.
 *
 * @throws SlideError `pixels` where it is not read here, with the compression's name in the details
 *   where that is why; `corrupt` where tiles are missing or lie behind the end of the file.
 */
export async function levelOf({ directory, width, height, isTiled }: Page, fileBytes: number) {
  const compression = await directory.number(TAG.compression, 1);
  if (!READ.has(compression)) {
    const name = JPEG_2000.has(compression) ? "JPEG 2000" : String(compression);
    throw new SlideError("pixels", { compression: name });
  }
  const level: Level = {
    width,
    height,
    tile: {
      width: isTiled ? await directory.number(TAG.tileWidth, 0) : width,
      height: isTiled
        ? await directory.number(TAG.tileHeight, 0)
        : Math.min(height, await directory.number(TAG.rowsPerStrip, height)),
    },
    compression,
    photometric: await directory.number(TAG.photometric, RGB),
    samples: await directory.number(TAG.samples, 1),
    isPredicted: (await directory.number(TAG.predictor, 1)) === HORIZONTAL,
    jpegTables: await directory.content(TAG.jpegTables),
    offsets: await directory.numbers(isTiled ? TAG.tileOffsets : TAG.stripOffsets),
    byteCounts: await directory.numbers(isTiled ? TAG.tileByteCounts : TAG.stripByteCounts),
  };
  await checkPixels(directory, level);
  checkPlaces(level, fileBytes);
  return level;
}

async function checkPixels(directory: Page["directory"], level: Level): Promise<void> {
  const bits = await directory.numbers(TAG.bits);
  const isJpeg = level.compression === COMPRESSION.jpeg;
  const isRead =
    bits.every((each) => each === 8) &&
    level.samples === 3 &&
    (level.photometric === RGB || (isJpeg && level.photometric === YCBCR)) &&
    (await directory.number(TAG.planar, 1)) === 1 &&
    (await directory.number(TAG.sampleFormat, 1)) === 1 &&
    (await directory.number(TAG.orientation, UPRIGHT)) === UPRIGHT;
  const { tile } = level;
  if (Math.min(tile.width, tile.height) < 1) {
    throw new SlideError("corrupt");
  }
  if (!isRead || tile.width * tile.height > MOST_PIXELS) {
    throw new SlideError("pixels");
  }
}

function checkPlaces(level: Level, fileBytes: number): void {
  const { across, down } = tileCounts(level);
  const listed = Math.min(level.offsets.length, level.byteCounts.length);
  const isWithin = level.offsets.every(
    (offset, index) => offset + (level.byteCounts[index] ?? 0) <= fileBytes,
  );
  if (listed < across * down || !isWithin) {
    throw new SlideError("corrupt");
  }
}

/** Number of tiles or strips across and down. */
export function tileCounts({ width, height, tile }: Level) {
  return { across: Math.ceil(width / tile.width), down: Math.ceil(height / tile.height) };
}

/** The content of a tile; null where the scanner left it out. */
export async function tileBytes(
  file: Blob,
  { offsets, byteCounts }: Level,
  index: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const [offset, count] = [offsets[index] ?? 0, byteCounts[index] ?? 0];
  return count === 0 ? null : bytesOf(file, offset, count);
}
