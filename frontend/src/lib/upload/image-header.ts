/** What the first bytes of an image file tell without decoding it. */

/** As the service names them in `limits.formats` of `GET /model/`. */
export type ImageFormat = "PNG" | "JPEG" | "TIFF" | "BMP" | "WEBP" | "GIF";

export interface PixelSize {
  width: number;
  height: number;
}

export interface ImageHeader {
  format: ImageFormat;
  /** Null where the size stands further back than was read. */
  size: PixelSize | null;
}

type SizeReader = (view: DataView) => PixelSize | null;

const PNG: readonly number[] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const SIGNATURES: readonly (readonly [ImageFormat, readonly number[], SizeReader])[] = [
  ["PNG", PNG, (view) => ({ width: view.getUint32(16), height: view.getUint32(20) })],
  ["JPEG", [0xff, 0xd8, 0xff], jpegSize],
  ["TIFF", [0x49, 0x49, 42, 0], (view) => tiffSize(view, true)],
  ["TIFF", [0x4d, 0x4d, 0, 42], (view) => tiffSize(view, false)],
  ["TIFF", [0x49, 0x49, 43, 0], () => null],
  ["TIFF", [0x4d, 0x4d, 0, 43], () => null],
  ["BMP", [0x42, 0x4d], bmpSize],
  ["GIF", [0x47, 0x49, 0x46, 0x38], gifSize],
];

/** Read the header at the beginning of a file; null where it is no image that is known here. */
export function readHeader(head: Uint8Array): ImageHeader | null {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (textAt(view, 0) === "RIFF" && textAt(view, 8) === "WEBP") {
    return { format: "WEBP", size: orNull(webpSize, view) };
  }
  for (const [format, signature, sizeOf] of SIGNATURES) {
    if (signature.every((byte, place) => head[place] === byte)) {
      return { format, size: orNull(sizeOf, view) };
    }
  }
  return null;
}

/** Reading beyond the end throws a RangeError: the size is not among these bytes. */
function orNull(sizeOf: SizeReader, view: DataView): PixelSize | null {
  try {
    return sizeOf(view);
  } catch {
    return null;
  }
}

function textAt(view: DataView, offset: number): string {
  const bytes = Array.from({ length: 4 }, (_, place) => offset + place)
    .filter((place) => place < view.byteLength)
    .map((place) => view.getUint8(place));
  return String.fromCharCode(...bytes);
}

/** Walks from marker to marker to the start of frame, which comes after EXIF and colour profiles. */
function jpegSize(view: DataView): PixelSize | null {
  let offset = 2;
  while (view.getUint8(offset) === 0xff) {
    const marker = view.getUint8(offset + 1);
    if (isStartOfFrame(marker)) {
      return { width: view.getUint16(offset + 7), height: view.getUint16(offset + 5) };
    }
    // Any number of 0xff bytes may fill the room before a marker.
    offset += marker === 0xff ? 1 : 2 + view.getUint16(offset + 2);
  }
  return null;
}

function isStartOfFrame(marker: number): boolean {
  // Within this range lie also the tables of Huffman (c4) and arithmetic coding (cc), and c8.
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

function bmpSize(view: DataView): PixelSize {
  const isOs2 = view.getUint32(14, true) === 12;
  return isOs2
    ? { width: view.getUint16(18, true), height: view.getUint16(20, true) }
    : // A negative height means that the rows run from top to bottom.
      { width: view.getInt32(18, true), height: Math.abs(view.getInt32(22, true)) };
}

function gifSize(view: DataView): PixelSize {
  return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
}

function webpSize(view: DataView): PixelSize | null {
  const chunk = textAt(view, 12);
  if (chunk === "VP8X") {
    // Two fields of 24 bits, each one less than the side.
    const width = 1 + (view.getUint32(24, true) & 0xffffff);
    return { width, height: 1 + (view.getUint32(26, true) >>> 8) };
  }
  if (chunk === "VP8L") {
    const bits = view.getUint32(21, true);
    return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
  }
  const size = { width: view.getUint16(26, true), height: view.getUint16(28, true) };
  return chunk === "VP8 " ? { width: size.width & 0x3fff, height: size.height & 0x3fff } : null;
}

const TIFF_WIDTH = 256;
const TIFF_HEIGHT = 257;
const TIFF_SHORT = 3;

/** The first directory's size; writers often put the directory at the end, out of reach here. */
function tiffSize(view: DataView, isLittle: boolean): PixelSize | null {
  const directory = view.getUint32(4, isLittle);
  const count = view.getUint16(directory, isLittle);
  const tags = new Map<number, number>();
  for (let offset = directory + 2; offset < directory + 2 + 12 * count; offset += 12) {
    const isShort = view.getUint16(offset + 2, isLittle) === TIFF_SHORT;
    const value = isShort
      ? view.getUint16(offset + 8, isLittle)
      : view.getUint32(offset + 8, isLittle);
    tags.set(view.getUint16(offset, isLittle), value);
  }
  const width = tags.get(TIFF_WIDTH);
  const height = tags.get(TIFF_HEIGHT);
  return width !== undefined && height !== undefined ? { width, height } : null;
}
