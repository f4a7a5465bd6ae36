/** The tiles of a TIFF as JPEG files of their own, which a browser decodes. */

import { joined } from "@/lib/slide/bytes";
import type { Size } from "@/lib/slide/levels";

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const APP0 = 0xe0;
const APP2 = 0xe2;
const APP14 = 0xee;
const JFIF = [0x4a, 0x46, 0x49, 0x46];
/** Start of a frame, which has the size; of the sixteen three are something else. */
const SOF = { first: 0xc0, last: 0xcf, others: new Set([0xc4, 0xc8, 0xcc]) } as const;
const ADOBE = [0x41, 0x64, 0x6f, 0x62, 0x65];
/** PhotometricInterpretation of YCbCr. */
const YCBCR = 6;
/** A segment's length includes itself; ICC.1, annex B.4: header of a part of a profile. */
const MOST_SEGMENT_BYTES = 65_533;
const ICC_NAME = [...new TextEncoder().encode("ICC_PROFILE"), 0];

export interface JpegParts {
  /** Tables that tiles share; null if each has its own. */
  tables: Uint8Array | null;
  photometric: number;
  /** To be applied by the browser; null for none. */
  profile: Uint8Array | null;
}

/**
 * A tile with its shared tables, and with a marker of its colour space.
 *
 * A JFIF or Adobe marker in the tile says whether its colours are YCbCr, and is kept. A tile
 * without either gets Adobe's, according to the TIFF; otherwise a decoder would have to guess.
 */
export function wholeJpeg(tile: Uint8Array, parts: JpegParts): Uint8Array<ArrayBuffer> {
  const tables = parts.tables ? inner(parts.tables) : new Uint8Array(0);
  const body = tile.subarray(2);
  const marker =
    saysColours(tile) || saysColours(parts.tables)
      ? []
      : adobe(parts.photometric === YCBCR && !isNamedRgb(tile));
  const profile = parts.profile ? profileSegments(parts.profile) : [];
  return joined([Uint8Array.of(0xff, SOI), Uint8Array.from(marker), ...profile, tables, body]);
}

/** The content between the start and the end marker of an image. */
function inner(tables: Uint8Array): Uint8Array {
  const hasEnd = tables.at(-2) === 0xff && tables.at(-1) === EOI;
  return tables.subarray(2, hasEnd ? -2 : undefined);
}

/** The size that a JPEG declares; null where it declares none. */
export function sizeOfJpeg(jpeg: Uint8Array): Size | null {
  const at = frameOf(jpeg);
  // Behind the length and the bits of a sample.
  return at === null ? null : { width: numberAt(jpeg, at + 7), height: numberAt(jpeg, at + 5) };
}

/** Whether a JPEG's components have the names R, G and B, by which libjpeg knows them. */
function isNamedRgb(jpeg: Uint8Array): boolean {
  const at = frameOf(jpeg);
  return (
    at !== null &&
    [..."RGB"].every((name, index) => jpeg[at + 10 + 3 * index] === name.charCodeAt(0))
  );
}

/** Where the frame begins; null where there is none. */
function frameOf(jpeg: Uint8Array): number | null {
  for (const { marker, at } of segmentsOf(jpeg)) {
    if (marker >= SOF.first && marker <= SOF.last && !SOF.others.has(marker)) {
      return at;
    }
  }
  return null;
}

function saysColours(jpeg: Uint8Array | null): boolean {
  for (const { marker, at } of segmentsOf(jpeg ?? new Uint8Array(0))) {
    const begins = (name: readonly number[]) =>
      name.every((byte, index) => jpeg?.[at + 4 + index] === byte);
    if ((marker === APP0 && begins(JFIF)) || (marker === APP14 && begins(ADOBE))) {
      return true;
    }
  }
  return false;
}

/** The segments in front of the first scan, and where they begin. */
function* segmentsOf(jpeg: Uint8Array): Generator<{ marker: number; at: number }> {
  for (let at = 2; at + 4 <= jpeg.length && jpeg[at] === 0xff; ) {
    const marker = jpeg[at + 1] as number;
    if (marker === SOS) {
      return;
    }
    yield { marker, at };
    at += 2 + numberAt(jpeg, at + 2);
  }
}

function numberAt(jpeg: Uint8Array, at: number): number {
  return ((jpeg[at] ?? 0) << 8) | (jpeg[at + 1] ?? 0);
}

/** Adobe's segment (Supporting the DCT Filters, 5116): its last byte names the transform. */
function adobe(isYcbcr: boolean): readonly number[] {
  return [0xff, APP14, 0, 14, ...ADOBE, 0, 100, 0, 0, 0, 0, isYcbcr ? 1 : 0];
}

function profileSegments(profile: Uint8Array): readonly Uint8Array[] {
  const most = MOST_SEGMENT_BYTES - ICC_NAME.length - 2;
  const count = Math.ceil(profile.length / most);
  return Array.from({ length: count }, (_, index) => {
    const part = profile.subarray(index * most, (index + 1) * most);
    const length = 2 + ICC_NAME.length + 2 + part.length;
    const head = [0xff, APP2, length >> 8, length & 255, ...ICC_NAME, index + 1, count];
    return joined([Uint8Array.from(head), part]);
  });
}
