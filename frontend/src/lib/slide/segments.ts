import { bytesOf } from "@/lib/slide/directory";
import { SlideError } from "@/lib/slide/error";
import type { Size } from "@/lib/slide/levels";
import type { Page } from "@/lib/slide/pages";
import { TAG } from "@/lib/slide/tags";

/** The storage of a level's pixels, as far as it is supported here. */

export const COMPRESSION = { none: 1, lzw: 5, jpeg: 7, deflate: 8, oldDeflate: 32946 } as const;

/** Names for people, by TIFF's numbers. */
const NAMES: Readonly<Record<number, string>> = {
  ...{ 6: "JPEG of TIFF 6.0", 32773: "PackBits", 34887: "LERC", 34925: "LZMA" },
  ...{ 33003: "JPEG 2000", 33004: "JPEG 2000", 33005: "JPEG 2000", 34712: "JPEG 2000" },
  ...{ 50000: "Zstandard", 50001: "WebP", 50002: "JPEG XL", 52546: "JPEG XL" },
};
const READ: ReadonlySet<number> = new Set(Object.values(COMPRESSION));
const RGB = 2;
const YCBCR = 6;
/** Predictor. */
const PLAIN = 1;
const HORIZONTAL = 2;
const UPRIGHT = 1;
const HIGHEST_BIT_FIRST = 1;
/** Far longer than all the tables that a JPEG can have. */
const MOST_TABLE_BYTES = 1 << 20;
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
    throw new SlideError("pixels", { compression: NAMES[compression] ?? String(compression) });
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
    jpegTables: await directory.content(TAG.jpegTables, MOST_TABLE_BYTES),
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
  const predictor = await directory.number(TAG.predictor, PLAIN);
  const isAsStored =
    [PLAIN, HORIZONTAL].includes(predictor) &&
    (await directory.number(TAG.fillOrder, HIGHEST_BIT_FIRST)) === HIGHEST_BIT_FIRST;
  const isRead =
    bits.length > 0 &&
    bits.every((each) => each === 8) &&
    (isJpeg || isAsStored) &&
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

/** What of a tile or strip lies within its level; what is beyond may be missing. */
export function partOf({ width, height, tile }: Level, column: number, row: number): Size {
  return {
    width: Math.min(tile.width, width - column * tile.width),
    height: Math.min(tile.height, height - row * tile.height),
  };
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
