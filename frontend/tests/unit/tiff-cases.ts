import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** TIFFs without pixels, by the cases that the service's reader is tested with too. */

interface CasePage {
  width: number;
  height: number;
  tile?: number;
  subfile?: number;
  description?: string;
  x?: number;
  y?: number;
  unit?: number;
  subs?: readonly CasePage[];
  /** Tags by their numbers, in place of those of 8-bit RGB. */
  others?: readonly (readonly [tag: number, value: Value])[];
}

export interface TiffCase {
  name: string;
  big?: boolean;
  little?: boolean;
  pages: readonly CasePage[];
  levels?: readonly (readonly [number, number])[];
  scale?: readonly [number, number];
  contradicts?: boolean;
  error?: "several" | "corrupt";
}

const PLACE = new URL("../../../tests/cases/tiff_slides.json", import.meta.url);
export const TIFF_CASES: readonly TiffCase[] = JSON.parse(
  readFileSync(fileURLToPath(PLACE), "utf8"),
);

const TAGS: Readonly<Record<Exclude<keyof CasePage, "others">, number>> = {
  subfile: 254,
  width: 256,
  height: 257,
  description: 270,
  x: 282,
  y: 283,
  unit: 296,
  tile: 322,
  subs: 330,
};
type Value = string | number | readonly number[];
/** 8-bit RGB, as most slides have it. */
const COLOURS: readonly (readonly [number, Value])[] = [
  [258, [8, 8, 8]],
  [262, 2],
  [277, 3],
];

/** The file of a case; see `TiffBuilder` in the service's tests. */
export function tiffOf({ big = false, little = true, pages }: TiffCase): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  const word = big ? 8 : 4;
  const packed = (size: number, value: number): number[] => {
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, BigInt(value), little);
    const all = [...new Uint8Array(view.buffer)];
    return little ? all.slice(0, size) : all.slice(8 - size);
  };
  const content = (tag: number, value: Value): [number, number, number[]] => {
    if (typeof value === "string") {
      const text = [...new TextEncoder().encode(value), 0];
      return [2, text.length, text];
    }
    const numbers = typeof value === "number" ? [value] : value;
    if (tag === TAGS.x || tag === TAGS.y) {
      return [5, 1, [...packed(4, Math.trunc((numbers[0] ?? 0) * 1000)), ...packed(4, 1000)]];
    }
    const size = COLOURS.some(([colour]) => colour === tag) ? 2 : 4;
    const kind = size === 2 ? 3 : 4;
    return [kind, numbers.length, numbers.flatMap((number) => packed(size, number))];
  };
  const entry = (tag: number, value: Value): number[] => {
    let [kind, count, inner] = content(tag, value);
    if (inner.length > word) {
      bytes.push(...new Array(bytes.length % 2).fill(0));
      const place = bytes.length;
      bytes.push(...inner);
      inner = packed(word, place);
    }
    const rest = new Array(word - inner.length).fill(0);
    return [...packed(2, tag), ...packed(2, kind), ...packed(word, count), ...inner, ...rest];
  };
  const directory = ({ subs = [], others = [], ...page }: CasePage, following: number): number => {
    const places = subs.map((sub) => directory(sub, 0));
    const values = Object.entries(page).map(
      ([name, value]) => [TAGS[name as keyof typeof TAGS], value] as const,
    );
    const below = places.length > 0 ? [[TAGS.subs, places] as const] : [];
    const found = new Map<number, Value>([...values, ...COLOURS, ...below, ...others]);
    const all = [...found].toSorted(([one], [other]) => one - other);
    const entries = all.map(([tag, value]) => entry(tag, value));
    bytes.push(...new Array(bytes.length % 2).fill(0));
    const place = bytes.length;
    const count = packed(big ? 8 : 2, entries.length);
    bytes.push(...count, ...entries.flat(), ...packed(word, following));
    return place;
  };
  const mark = little ? 0x49 : 0x4d;
  const version = packed(2, big ? 43 : 42);
  const sizes = big ? [...packed(2, 8), ...packed(2, 0)] : [];
  bytes.push(mark, mark, ...version, ...sizes, ...packed(word, 0));
  const first = pages.reduceRight((following, page) => directory(page, following), 0);
  bytes.splice(big ? 8 : 4, word, ...packed(word, first));
  return Uint8Array.from(bytes);
}
