import { SlideError } from "@/lib/slide/error";

/**
 * The directories of a TIFF, read by ranges and bounded as in the service's
 * `imaging/readers/tiff_directory.py`.
 */

/** Bytes of a value by TIFF's number of its type. */
const BYTES_OF_KIND: Readonly<Record<number, number>> = {
  ...{ 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4 },
  ...{ 16: 8, 17: 8, 18: 8 },
};
const TEXT_KINDS: ReadonlySet<number> = new Set([1, 2, 6, 7]);
const MOST_ENTRIES = 1024;
const MOST_VALUES = 1 << 20;
const MOST_DIRECTORIES = 256;
/** Far longer than any program's description. */
const MOST_TEXT_BYTES = 4_000_000;
const BIG = 43;

interface Entry {
  kind: number;
  count: number;
  place: number;
}

/** A TIFF's directory of one of its images. */
export class Directory {
  constructor(
    readonly place: number,
    /** Where the next one begins; 0 for the last. */
    readonly following: number,
    private readonly file: Blob,
    private readonly isLittle: boolean,
    private readonly entries: ReadonlyMap<number, readonly Entry[]>,
  ) {}

  has(tag: number): boolean {
    return this.entries.has(tag);
  }

  /** An entry's first number; null if it is missing or not a number. */
  async first(tag: number): Promise<number | null> {
    const [value] = await this.numbers(tag, 1);
    return value ?? null;
  }

  /** An entry's first number as an integer. */
  async number(tag: number, otherwise: number): Promise<number> {
    const value = await this.first(tag);
    return value === null || !Number.isFinite(value) ? otherwise : Math.trunc(value);
  }

  /** An entry's numbers, up to a limit; none if it is missing or not a number. */
  async numbers(tag: number, most = MOST_VALUES): Promise<readonly number[]> {
    const entry = this.entries.get(tag)?.[0];
    if (!entry || entry.kind === 2 || entry.kind === 7) {
      return [];
    }
    const size = BYTES_OF_KIND[entry.kind] ?? 1;
    const count = Math.min(entry.count, most);
    const view = await viewOf(this.file, entry.place, count * size);
    return Array.from({ length: count }, (_, index) =>
      numberAt(view, index * size, entry.kind, this.isLittle),
    );
  }

  /** The texts of all entries of a tag, or their beginnings. */
  async texts(tag: number, mostBytes = MOST_TEXT_BYTES): Promise<readonly string[]> {
    const texts = (this.entries.get(tag) ?? []).filter(({ kind }) => TEXT_KINDS.has(kind));
    return Promise.all(
      texts.map(async ({ place, count }) => {
        const bytes = await bytesOf(this.file, place, Math.min(count, mostBytes));
        return textOf(bytes);
      }),
    );
  }

  /** An entry's bytes; null where it is missing, or longer than that. */
  async content(tag: number, mostBytes: number): Promise<Uint8Array<ArrayBuffer> | null> {
    const entry = this.entries.get(tag)?.[0];
    const length = entry ? entry.count * (BYTES_OF_KIND[entry.kind] ?? 1) : 0;
    return entry && length <= mostBytes ? bytesOf(this.file, entry.place, length) : null;
  }
}

/** The directories of a file; only a limited number is read. */
export class Directories {
  /** Whether anything read so far points beyond the end of the file. */
  isCutOff = false;
  private read = 0;

  private constructor(
    private readonly file: Blob,
    private readonly isLittle: boolean,
    private readonly isBig: boolean,
    private readonly start: number,
  ) {}

  static async of(file: Blob): Promise<Directories> {
    const view = await viewOf(file, 0, 16);
    const isLittle = view.getUint8(0) === 0x49;
    const isBig = view.getUint16(2, isLittle) === BIG;
    const start = isBig ? wide(view, 8, isLittle) : view.getUint32(4, isLittle);
    return new Directories(file, isLittle, isBig, start);
  }

  /** The directories of the chain, each read on demand. */
  async *chain(): AsyncGenerator<Directory> {
    const seen = new Set<number>();
    for (let place = this.start; place; ) {
      if (seen.has(place)) {
        throw new SlideError("corrupt");
      }
      seen.add(place);
      const directory = await this.at(place);
      yield directory;
      place = directory.following;
      if (place >= this.file.size) {
        this.isCutOff = true;
        return;
      }
    }
  }

  /** The directory at an offset. */
  async at(place: number): Promise<Directory> {
    if (this.read === MOST_DIRECTORIES) {
      throw new SlideError("several");
    }
    this.read += 1;
    const [countBytes, entryBytes] = this.isBig ? [8, 20] : [2, 12];
    try {
      const counter = await viewOf(this.file, place, countBytes);
      const count = this.isBig
        ? wide(counter, 0, this.isLittle)
        : counter.getUint16(0, this.isLittle);
      if (count === 0 || count > MOST_ENTRIES) {
        throw new SlideError("corrupt");
      }
      const start = place + countBytes;
      const view = await viewOf(this.file, start, count * entryBytes);
      const following = await this.followingAt(start + view.byteLength);
      const entries = this.entriesOf(view, start);
      return new Directory(place, following, this.file, this.isLittle, entries);
    } catch (error) {
      this.isCutOff ||= error instanceof RangeError;
      throw error instanceof RangeError ? new SlideError("corrupt") : error;
    }
  }

  private async followingAt(place: number): Promise<number> {
    const size = this.isBig ? 8 : 4;
    if (place + size > this.file.size) {
      return 0;
    }
    const view = await viewOf(this.file, place, size);
    return this.isBig ? wide(view, 0, this.isLittle) : view.getUint32(0, this.isLittle);
  }

  private entriesOf(view: DataView, start: number): ReadonlyMap<number, readonly Entry[]> {
    const size = this.isBig ? 20 : 12;
    const entries = new Map<number, Entry[]>();
    for (let at = 0; at < view.byteLength; at += size) {
      const entry = this.entryAt(view, at, start);
      if (entry) {
        const tag = view.getUint16(at, this.isLittle);
        entries.set(tag, [...(entries.get(tag) ?? []), entry]);
      }
    }
    return entries;
  }

  private entryAt(view: DataView, at: number, start: number): Entry | null {
    const { isLittle, isBig } = this;
    const kind = view.getUint16(at + 2, isLittle);
    const count = isBig ? wide(view, at + 4, isLittle) : view.getUint32(at + 4, isLittle);
    const bytes = BYTES_OF_KIND[kind];
    if (bytes === undefined) {
      return null;
    }
    const [value, inline] = isBig ? [at + 12, 8] : [at + 8, 4];
    const pointer = isBig ? wide(view, value, isLittle) : view.getUint32(value, isLittle);
    const place = count * bytes <= inline ? start + value : pointer;
    if (place + count * bytes > this.file.size) {
      this.isCutOff = true;
      return null;
    }
    if (count > MOST_VALUES && !TEXT_KINDS.has(kind)) {
      throw new SlideError("corrupt");
    }
    return { kind, count, place };
  }
}

/** A part of a file; throws a RangeError if the file ends before it. */
export async function bytesOf(
  file: Blob,
  place: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(await file.slice(place, place + length).arrayBuffer());
  if (bytes.length < length) {
    throw new RangeError("the file ends before its part");
  }
  return bytes;
}

async function viewOf(file: Blob, place: number, length: number): Promise<DataView> {
  return new DataView((await bytesOf(file, place, length)).buffer);
}

function numberAt(view: DataView, at: number, kind: number, isLittle: boolean): number {
  switch (kind) {
    case 1:
      return view.getUint8(at);
    case 6:
      return view.getInt8(at);
    case 3:
      return view.getUint16(at, isLittle);
    case 8:
      return view.getInt16(at, isLittle);
    case 9:
      return view.getInt32(at, isLittle);
    case 5:
      return ratio(view.getUint32(at, isLittle), view.getUint32(at + 4, isLittle));
    case 10:
      return ratio(view.getInt32(at, isLittle), view.getInt32(at + 4, isLittle));
    case 11:
      return view.getFloat32(at, isLittle);
    case 12:
      return view.getFloat64(at, isLittle);
    case 16:
    case 17:
    case 18:
      return wide(view, at, isLittle);
    default:
      return view.getUint32(at, isLittle);
  }
}

function ratio(above: number, below: number): number {
  return below === 0 ? 0 : above / below;
}

function wide(view: DataView, at: number, isLittle: boolean): number {
  return Number(view.getBigUint64(at, isLittle));
}

/** Text in UTF-8, or else in Latin-1, with its parts on separate lines. */
function textOf(bytes: Uint8Array): string {
  const decoded = decode(bytes).replace(/\0+$/, "");
  return decoded.replaceAll("\0", "\n");
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new TextDecoder("latin1").decode(bytes);
  }
}
