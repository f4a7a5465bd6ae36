import type { PixelSize } from "@/lib/upload/image-header";

/** The tags of a TIFF's first directory with the size of the image and its pixels. */
export interface TiffFacts {
  size: PixelSize | null;
  description: string;
  /** Pixels per unit across and down; null if a tag is missing. */
  resolution: readonly [number, number] | null;
  /** 1: no unit, 2: inch, 3: centimetre; inch by default. */
  resolutionUnit: number;
}

/** The description of an OME-TIFF may be long; the pixel size is near its beginning. */
const MOST_TEXT_BYTES = 256 * 1024;
/** A directory with more tags is damaged. */
const MOST_TAGS = 4096;

const TAG = { width: 256, height: 257, description: 270, x: 282, y: 283, unit: 296 } as const;
const BYTES_OF_TYPE: Readonly<Record<number, number>> = {
  ...{ 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 11: 4, 12: 8, 13: 4, 16: 8 },
};

/** The two layouts of the format: offsets and counts of 4 bytes, or of 8. */
interface Layout {
  isLittle: boolean;
  isBig: boolean;
}

interface Entry {
  type: number;
  count: number;
  /** Offset of the value in the file. */
  offset: number;
}

/**
 * Read the first directory, anywhere in the file.
 *
 * @throws RangeError if the file ends before its directory does.
 */
export async function readTiff(file: Blob): Promise<TiffFacts> {
  const head = await viewOf(file, 0, 16);
  const isLittle = head.getUint8(0) === 0x49;
  const layout = { isLittle, isBig: head.getUint16(2, isLittle) === 43 };
  const directory = layout.isBig ? wide(head, 8, isLittle) : head.getUint32(4, isLittle);
  const entries = await readDirectory(file, directory, layout);
  const number = async (tag: number) => numberOf(file, entries.get(tag), layout);
  const [width, height, x, y, unit, description] = await Promise.all([
    number(TAG.width),
    number(TAG.height),
    number(TAG.x),
    number(TAG.y),
    number(TAG.unit),
    textOf(file, entries.get(TAG.description)),
  ]);
  return {
    size: width && height ? { width, height } : null,
    description,
    resolution: x && y ? [x, y] : null,
    resolutionUnit: unit ?? 2,
  };
}

async function readDirectory(
  file: Blob,
  start: number,
  { isLittle, isBig }: Layout,
): Promise<ReadonlyMap<number, Entry>> {
  const [countBytes, entryBytes] = isBig ? [8, 20] : [2, 12];
  const counter = await viewOf(file, start, countBytes);
  const count = isBig ? wide(counter, 0, isLittle) : counter.getUint16(0, isLittle);
  if (count > MOST_TAGS) {
    throw new RangeError(`a directory of ${count} tags`);
  }
  const view = await viewOf(file, start + countBytes, count * entryBytes);
  const entries = new Map<number, Entry>();
  for (let at = 0; at < view.byteLength; at += entryBytes) {
    const type = view.getUint16(at + 2, isLittle);
    const values = isBig ? wide(view, at + 4, isLittle) : view.getUint32(at + 4, isLittle);
    const place = at + (isBig ? 12 : 8);
    const fits = values * (BYTES_OF_TYPE[type] ?? 1) <= (isBig ? 8 : 4);
    const pointer = isBig ? wide(view, place, isLittle) : view.getUint32(place, isLittle);
    const offset = fits ? start + countBytes + place : pointer;
    entries.set(view.getUint16(at, isLittle), { type, count: values, offset });
  }
  return entries;
}

/** The first number of a tag; null if it is missing or of an unsupported type. */
async function numberOf(
  file: Blob,
  entry: Entry | undefined,
  { isLittle }: Layout,
): Promise<number | null> {
  if (!entry) {
    return null;
  }
  const view = await viewOf(file, entry.offset, BYTES_OF_TYPE[entry.type] ?? 0);
  switch (entry.type) {
    case 3:
      return view.getUint16(0, isLittle);
    case 4:
      return view.getUint32(0, isLittle);
    case 5:
      return view.getUint32(0, isLittle) / view.getUint32(4, isLittle);
    case 11:
      return view.getFloat32(0, isLittle);
    case 12:
      return view.getFloat64(0, isLittle);
    case 16:
      return wide(view, 0, isLittle);
    default:
      return null;
  }
}

async function textOf(file: Blob, entry: Entry | undefined): Promise<string> {
  if (!entry) {
    return "";
  }
  const end = entry.offset + Math.min(entry.count, MOST_TEXT_BYTES);
  const bytes = await file.slice(entry.offset, end).arrayBuffer();
  return new TextDecoder().decode(bytes);
}

function wide(view: DataView, offset: number, isLittle: boolean): number {
  return Number(view.getBigUint64(offset, isLittle));
}

async function viewOf(file: Blob, offset: number, bytes: number): Promise<DataView> {
  const view = new DataView(await file.slice(offset, offset + bytes).arrayBuffer());
  if (view.byteLength < bytes) {
    throw new RangeError("the file ends before its directory");
  }
  return view;
}
