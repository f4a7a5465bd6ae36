import { deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { checkJpeg } from "@/lib/slide/decode";
import { sizeOfJpeg, wholeJpeg } from "@/lib/slide/jpeg";
import type { Size } from "@/lib/slide/levels";
import { unpackLzw } from "@/lib/slide/lzw";
import { foreignName, mayBeSlide } from "@/lib/slide/names";
import { COMPRESSION, type Level } from "@/lib/slide/segments";
import { unpackedTile } from "@/lib/slide/unpack";

/** A level of one tile. */
const LEVEL: Level = {
  ...{ width: 16, height: 16, tile: { width: 16, height: 16 } },
  ...{ compression: COMPRESSION.none, photometric: 2, samples: 3, isPredicted: false },
  ...{ jpegTables: null, offsets: [8], byteCounts: [768] },
};

const JPEG = { tables: null, photometric: 6, profile: null };
const SCAN = [0xff, 0xda, 0, 2, 1, 2, 3, 0xff, 0xd9];
const JFIF = [0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0];
const ADOBE = [0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0];

describe("a JPEG tile", () => {
  test("gets the tables that tiles share, without their start and end", () => {
    const tables = Uint8Array.of(0xff, 0xd8, 0xff, 0xdb, 0, 3, 7, 0xff, 0xd9);
    const tile = Uint8Array.of(0xff, 0xd8, ...JFIF, ...SCAN);
    expect([...wholeJpeg(tile, { ...JPEG, tables })]).toEqual([
      ...[0xff, 0xd8, 0xff, 0xdb, 0, 3, 7],
      ...[...JFIF, ...SCAN],
    ]);
  });

  test.each([
    ["YCbCr", 6, 1],
    ["RGB", 2, 0],
  ])("that does not say its colours is %s where the TIFF says so", (_, photometric, transform) => {
    const tile = Uint8Array.of(0xff, 0xd8, ...SCAN);
    expect([...wholeJpeg(tile, { ...JPEG, photometric })]).toEqual([
      ...[0xff, 0xd8, ...ADOBE, transform],
      ...SCAN,
    ]);
  });

  test.each([
    ["JFIF", JFIF],
    ["Adobe", [...ADOBE, 1]],
  ])("that says its colours by %s is believed more than the TIFF", (_, marker) => {
    const tile = Uint8Array.of(0xff, 0xd8, ...marker, ...SCAN);
    expect([...wholeJpeg(tile, { ...JPEG, photometric: 2 })]).toEqual([...tile]);
  });

  test("whose components are named R, G and B is RGB, though the TIFF says YCbCr", () => {
    const components = [..."RGB"].flatMap((name) => [name.charCodeAt(0), 0x11, 0]);
    const frame = [0xff, 0xc0, 0, 17, 8, 0, 16, 0, 16, 3, ...components];
    const tile = Uint8Array.of(0xff, 0xd8, ...frame, ...SCAN);
    expect([...wholeJpeg(tile, JPEG)]).toEqual([0xff, 0xd8, ...ADOBE, 0, ...frame, ...SCAN]);
  });

  test("takes a colour profile along, in parts where it is long", () => {
    const profile = new Uint8Array(70_000).fill(9);
    const tile = Uint8Array.of(0xff, 0xd8, ...JFIF, ...SCAN);
    const whole = wholeJpeg(tile, { ...JPEG, profile });
    const parts = [2, 2 + 2 + 65_535].map((at) => [...whole.slice(at, at + 18)]);
    const name = [...new TextEncoder().encode("ICC_PROFILE"), 0];
    expect(parts[0]).toEqual([0xff, 0xe2, 0xff, 0xff, ...name, 1, 2]);
    expect(parts[1]?.slice(0, 2)).toEqual([0xff, 0xe2]);
    expect(parts[1]?.slice(4)).toEqual([...name, 2, 2]);
    expect(whole.length).toBe(tile.length + profile.length + 2 * 18);
  });
});

describe("LZW", () => {
  test("is unpacked as TIFF 6.0 has it", () => {
    // The example of section 13: codes 256 7 258 8 8 258 6 6 257 at 9 bits.
    const codes = [256, 7, 258, 8, 8, 258, 6, 6, 257];
    const bits = codes.map((code) => code.toString(2).padStart(9, "0")).join("");
    const bytes = bits
      .padEnd(88, "0")
      .match(/.{8}/g)
      ?.map((byte) => Number.parseInt(byte, 2));
    const unpacked = new Uint8Array(9);
    expect(unpackLzw(Uint8Array.from(bytes ?? []), unpacked)).toBe(9);
    expect([...unpacked]).toEqual([7, 7, 7, 8, 8, 7, 7, 6, 6]);
  });

  test("grows its codes beyond 9 bits", () => {
    const values = Array.from({ length: 3000 }, (_, at) => (at * at) % 256);
    const unpacked = new Uint8Array(values.length);
    expect(unpackLzw(packLzw(values), unpacked)).toBe(values.length);
    expect([...unpacked]).toEqual(values);
  });
});

describe("a tile that is not JPEG", () => {
  const { none, lzw, deflate } = COMPRESSION;
  const values = Array.from({ length: 16 * 16 * 3 }, (_, at) => (at * at) % 256);
  const packings: readonly [string, number, (values: readonly number[]) => Uint8Array][] = [
    ["nothing", none, (samples) => Uint8Array.from(samples)],
    ["LZW", lzw, packLzw],
    ["deflate", deflate, (samples) => deflateSync(Uint8Array.from(samples))],
  ];

  test.each(packings)(
    "packed by %s is unpacked, and refused where it ends early",
    async (...[, compression, pack]) => {
      const level = { ...LEVEL, compression };
      const unpackedOf = (count: number, part: Size) =>
        unpackedTile(Uint8Array.from(pack(values.slice(0, count))), level, part);
      const [whole, half] = [level.tile, { width: 16, height: 8 }];
      expect([...(await unpackedOf(values.length, whole))]).toEqual(values);
      // The last strip of an image ends with it.
      const strip = await unpackedOf(values.length / 2, half);
      expect([...strip.slice(0, values.length / 2)]).toEqual(values.slice(0, values.length / 2));
      await expect(unpackedOf(values.length / 2, whole)).rejects.toMatchObject({
        problem: "corrupt",
      });
    },
  );
});

describe("the size of a JPEG tile", () => {
  const tileOf = (width: number, height: number) =>
    Uint8Array.of(
      ...[0xff, 0xd8, ...JFIF, 0xff, 0xc4, 0, 3, 7, 0xff, 0xc0, 0, 17, 8],
      ...[height >> 8, height & 255, width >> 8, width & 255, 3, ...new Array(9).fill(0)],
      ...SCAN,
    );
  const level = { ...LEVEL, compression: COMPRESSION.jpeg };

  test("is that of its frame", () => {
    expect(sizeOfJpeg(tileOf(512, 300))).toEqual({ width: 512, height: 300 });
    expect(sizeOfJpeg(Uint8Array.of(0xff, 0xd8, ...JFIF, ...SCAN))).toBeNull();
  });

  test.each([
    ["fills its place", 16, 16, true],
    ["ends with the level", 10, 16, true],
    ["is shorter than its place", 16, 8, false],
    ["is larger than its place", 60_000, 60_000, false],
  ])("that %s: %d x %d px", (_, width, height, isTaken) => {
    const check = () => checkJpeg(tileOf(width, height), level, { width: 10, height: 16 });
    if (isTaken) {
      check();
    } else {
      expect(check).toThrow(expect.objectContaining({ problem: "corrupt" }));
    }
  });
});

/** A plain encoder, with the early change of TIFF. */
function packLzw(values: readonly number[]): Uint8Array {
  let bits = "";
  let table = new Map<string, number>();
  let width = 9;
  const put = (code: number) => {
    bits += code.toString(2).padStart(width, "0");
  };
  const clear = () => {
    put(256);
    table = new Map(Array.from({ length: 256 }, (_, value) => [String(value), value]));
    width = 9;
  };
  clear();
  let next = 258;
  let word = "";
  for (const value of values) {
    const longer = word ? `${word} ${value}` : String(value);
    if (table.has(longer)) {
      word = longer;
      continue;
    }
    put(table.get(word) ?? 0);
    table.set(longer, next++);
    if (next > 4093) {
      clear();
      next = 258;
    } else {
      width = next >= 2048 ? 12 : next >= 1024 ? 11 : next >= 512 ? 10 : 9;
    }
    word = String(value);
  }
  put(table.get(word) ?? 0);
  put(257);
  return Uint8Array.from(
    bits
      .padEnd(Math.ceil(bits.length / 8) * 8, "0")
      .match(/.{8}/g)
      ?.map((byte) => Number.parseInt(byte, 2)) ?? [],
  );
}

test.each([
  ["a.svs", true, null],
  ["a.OME.TIF", true, null],
  ["a.ndpi", true, "Hamamatsu NDPI"],
  ["a.mrxs", true, "3DHISTECH MRXS"],
  ["a.dcm", true, "DICOM"],
  ["a.png", false, null],
])("%s may be a slide: %s, of a format that is not read here: %s", (name, may, format) => {
  expect(mayBeSlide(name)).toBe(may);
  expect(foreignName(name)).toBe(format);
});
