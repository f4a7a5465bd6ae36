/** Reads the first bytes of an image file without decoding it. */

/**
 * The names in `limits.formats` of `GET /model/`; HEIC and others are listed to refuse them by
 * name.
 */
export type ImageFormat =
  | "PNG"
  | "JPEG"
  | "TIFF"
  | "BMP"
  | "WEBP"
  | "GIF"
  | "AVIF"
  | "HEIC"
  | "JPEG2000"
  | "JPEGXL"
  | "PSD"
  | "PDF"
  | "ZIP";

export interface PixelSize {
  width: number;
  height: number;
}

export interface ImageHeader {
  format: ImageFormat;
  /** Null if the size is beyond the bytes that were read, as in most TIFFs. */
  size: PixelSize | null;
}

/** "ispe", the box with the size of an image. */
const ISPE = 0x69737065;

type SizeReader = (view: DataView) => PixelSize | null;

const PNG: readonly number[] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const SIGNATURES: readonly (readonly [ImageFormat, readonly number[], SizeReader])[] = [
  ["PNG", PNG, (view) => ({ width: view.getUint32(16), height: view.getUint32(20) })],
  ["JPEG", [0xff, 0xd8, 0xff], jpegSize],
  ["TIFF", [0x49, 0x49, 42, 0], unknownSize],
  ["TIFF", [0x4d, 0x4d, 0, 42], unknownSize],
  ["TIFF", [0x49, 0x49, 43, 0], unknownSize],
  ["TIFF", [0x4d, 0x4d, 0, 43], unknownSize],
  ["BMP", [0x42, 0x4d], bmpSize],
  ["GIF", [0x47, 0x49, 0x46, 0x38], gifSize],
  ["JPEG2000", [0, 0, 0, 12, 0x6a, 0x50, 0x20, 0x20], boxedJpeg2000Size],
  ["JPEG2000", [0xff, 0x4f, 0xff, 0x51], jpeg2000Size],
  ["JPEGXL", [0, 0, 0, 12, 0x4a, 0x58, 0x4c, 0x20], unknownSize],
  ["JPEGXL", [0xff, 0x0a], unknownSize],
  ["PSD", [0x38, 0x42, 0x50, 0x53], unknownSize],
  ["PDF", [0x25, 0x50, 0x44, 0x46], unknownSize],
  ["ZIP", [0x50, 0x4b, 0x03, 0x04], unknownSize],
];

/** Read the header of a file; null if it is not a known image format. */
export function readHeader(head: Uint8Array): ImageHeader | null {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (textAt(view, 0) === "RIFF" && textAt(view, 8) === "WEBP") {
    return { format: "WEBP", size: orNull(webpSize, view) };
  }
  if (textAt(view, 4) === "ftyp") {
    return mediaFile(view);
  }
  for (const [format, signature, sizeOf] of SIGNATURES) {
    if (signature.every((byte, place) => head[place] === byte)) {
      return { format, size: orNull(sizeOf, view) };
    }
  }
  return null;
}

/** Reading beyond the end throws a RangeError: the size is not in these bytes. */
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

/** Follows the markers to the start of frame, which comes after EXIF and colour profiles. */
function jpegSize(view: DataView): PixelSize | null {
  let offset = 2;
  while (view.getUint8(offset) === 0xff) {
    const marker = view.getUint8(offset + 1);
    if (isStartOfFrame(marker)) {
      return { width: view.getUint16(offset + 7), height: view.getUint16(offset + 5) };
    }
    // Any number of 0xff bytes may precede a marker.
    offset += marker === 0xff ? 1 : 2 + view.getUint16(offset + 2);
  }
  return null;
}

function isStartOfFrame(marker: number): boolean {
  // This range also has the tables of Huffman (c4) and arithmetic coding (cc), and c8.
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
    // Two fields of 24 bits, each the side minus one.
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

const HEIC_BRANDS: ReadonlySet<string> = new Set([
  ...["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"],
]);

/** A file of ISO media boxes; the first box states its type. */
function mediaFile(view: DataView): ImageHeader | null {
  const end = Math.min(view.byteLength >= 4 ? view.getUint32(0) : 0, view.byteLength);
  const brands = Array.from({ length: Math.max(0, Math.floor((end - 8) / 4)) }, (_, place) =>
    textAt(view, 8 + 4 * place),
  );
  if (brands.some((brand) => brand === "avif" || brand === "avis")) {
    return { format: "AVIF", size: orNull(mediaSize, view) };
  }
  return brands.some((brand) => HEIC_BRANDS.has(brand)) ? { format: "HEIC", size: null } : null;
}

/** The largest size in the boxes, since a tiled image also states the sizes of its tiles. */
function mediaSize(view: DataView): PixelSize | null {
  let largest: PixelSize | null = null;
  for (let offset = 0; offset + 16 <= view.byteLength; offset++) {
    if (view.getUint32(offset) === ISPE) {
      const size = { width: view.getUint32(offset + 8), height: view.getUint32(offset + 12) };
      largest = largest && largest.width >= size.width ? largest : size;
    }
  }
  return largest;
}

/** "ihdr", the box with the size of a boxed JPEG 2000. */
const IHDR = 0x69686472;

function boxedJpeg2000Size(view: DataView): PixelSize {
  let offset = 0;
  while (view.getUint32(offset) !== IHDR) {
    offset++;
  }
  return { width: view.getUint32(offset + 8), height: view.getUint32(offset + 4) };
}

function jpeg2000Size(view: DataView): PixelSize {
  const side = (axis: 0 | 4) => view.getUint32(8 + axis) - view.getUint32(16 + axis);
  return { width: side(0), height: side(4) };
}

function unknownSize(): null {
  return null;
}
