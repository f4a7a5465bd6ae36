import { deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { inspectFile } from "@/lib/upload/check";

type Tag = readonly [tag: number, type: number, value: number | string];

const SHORT = 3;
const LONG = 4;
const RATIONAL = 5;
const TEXT = 2;
const MOST = 1e6;

/** A TIFF of 300 by 200 px, its directory at the end as libtiff writes it. */
function tiff(tags: readonly Tag[], { isLittle = true, isBig = false } = {}): Buffer {
  const all: readonly Tag[] = [[256, SHORT, 300], [257, LONG, 200], ...tags];
  const [word, entry, inline] = isBig ? [8, 20, 8] : [4, 12, 4];
  const file = Buffer.alloc(MOST);
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const pointer = (at: number, value: number) =>
    isBig ? view.setBigUint64(at, BigInt(value), isLittle) : view.setUint32(at, value, isLittle);
  file.write(isLittle ? "II" : "MM", 0, "latin1");
  view.setUint16(2, isBig ? 43 : 42, isLittle);
  // Pixels would stand here.
  let free = 64;
  const directory = 100_000;
  pointer(isBig ? 8 : 4, directory);
  if (isBig) {
    pointer(directory, all.length);
  } else {
    view.setUint16(directory, all.length, isLittle);
  }
  for (const [place, [tag, type, value]] of all.entries()) {
    const at = directory + (isBig ? 8 : 2) + place * entry;
    const text = Buffer.from(typeof value === "string" ? `${value}\0` : "");
    const bytes = { [SHORT]: 2, [LONG]: 4, [RATIONAL]: 8, [TEXT]: text.length }[type] ?? 0;
    view.setUint16(at, tag, isLittle);
    view.setUint16(at + 2, type, isLittle);
    pointer(at + 4, type === TEXT ? text.length : 1);
    const valueAt = bytes <= inline ? at + 4 + word : free;
    if (bytes > inline) {
      pointer(at + 4 + word, free);
      free += bytes;
    }
    if (type === TEXT) {
      text.copy(file, valueAt);
    } else if (type === SHORT) {
      view.setUint16(valueAt, Number(value), isLittle);
    } else {
      view.setUint32(valueAt, type === RATIONAL ? Number(value) * 1000 : Number(value), isLittle);
      if (type === RATIONAL) {
        view.setUint32(valueAt + 4, 1000, isLittle);
      }
    }
  }
  return file.subarray(0, directory + 8 + all.length * entry);
}

const resolution = (across: number, unit?: number, down = across): readonly Tag[] => [
  [282, RATIONAL, across],
  [283, RATIONAL, down],
  ...(unit === undefined ? [] : ([[296, SHORT, unit]] as const)),
];
const description = (text: string): Tag => [270, TEXT, text];
const ome = (x: string, unit = "") =>
  description(
    `<OME><Image><Pixels PhysicalSizeX="${x}" PhysicalSizeY="${x}"${unit}/></Image></OME>`,
  );
const unitsOf = (name: string) => `PhysicalSizeXUnit="${name}" PhysicalSizeYUnit="${name}"`;

function chunk(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(content.length);
  head.write(type, 4, "latin1");
  return Buffer.concat([head, content, Buffer.alloc(4)]);
}

function png(pixelsPerMetre: readonly [number, number], unit = 1): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(300);
  header.writeUInt32BE(200, 4);
  const density = Buffer.alloc(9);
  density.writeUInt32BE(pixelsPerMetre[0]);
  density.writeUInt32BE(pixelsPerMetre[1], 4);
  density[8] = unit;
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("gAMA", Buffer.alloc(4)),
    chunk("pHYs", density),
    chunk("IDAT", deflateSync(Buffer.alloc(4))),
  ]);
}

function segment(marker: number, content: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, content]);
}

function jfif(unit: number, density: number): Buffer {
  const content = Buffer.from([...Buffer.from("JFIF\0"), 1, 2, unit, 0, 0, 0, 0, 0, 0]);
  content.writeUInt16BE(density, 8);
  content.writeUInt16BE(density, 10);
  return segment(0xe0, content);
}

function jpeg(...segments: readonly Buffer[]): Buffer {
  const frame = segment(0xc0, Buffer.from([8, 0, 200, 1, 44, 1, 0, 0]));
  return Buffer.concat([Buffer.from([0xff, 0xd8]), ...segments, frame]);
}

const exif = (directory: Buffer) =>
  segment(0xe1, Buffer.concat([Buffer.from("Exif\0\0"), directory]));
/** A directory small enough for a segment: its bytes from 100,000 on, moved to 8. */
function smallTiff(): Buffer {
  const bytes = Buffer.alloc(80);
  bytes.write("II*\0", 0, "latin1");
  bytes.writeUInt32LE(8, 4);
  bytes.writeUInt16LE(3, 8);
  const tags = [
    [282, RATIONAL, 56],
    [283, RATIONAL, 56],
    [296, SHORT, 3],
  ] as const;
  for (const [place, [tag, type, value]] of tags.entries()) {
    const at = 10 + 12 * place;
    bytes.writeUInt16LE(tag, at);
    bytes.writeUInt16LE(type, at + 2);
    bytes.writeUInt32LE(1, at + 4);
    bytes.writeUInt32LE(value, at + 8);
  }
  bytes.writeUInt32LE(20_000, 56);
  bytes.writeUInt32LE(1, 60);
  return bytes;
}

async function statedBy(content: Buffer) {
  const inspection = await inspectFile(new File([new Uint8Array(content)], "image"), null);
  return inspection.error ? inspection.error.code : inspection.facts;
}

const SIZE = { width: 300, height: 200 };

describe("the scale that a file states", () => {
  it.each([
    ["tags in cm", tiff(resolution(20_000, 3)), 0.5],
    ["tags in inches, which are the default", tiff(resolution(50_800)), 0.5],
    ["the other byte order", tiff(resolution(20_000, 3), { isLittle: false }), 0.5],
    ["a BigTIFF", tiff(resolution(20_000, 3), { isBig: true }), 0.5],
    [
      "ImageJ's own unit",
      tiff([description("ImageJ=1.54f\nunit=micron\n"), ...resolution(2, 1)]),
      0.5,
    ],
    [
      "ImageJ's unit, escaped",
      tiff([description("ImageJ=1.54f\nunit=\\u00B5m\n"), ...resolution(4, 1)]),
      0.25,
    ],
    ["Aperio's description", tiff([description("Aperio Image|AppMag = 20|MPP = 0.4990")]), 0.499],
    ["OME-XML in µm", tiff([ome("0.325")]), 0.325],
    ["OME-XML in nm", tiff([ome("250", ' PhysicalSizeXUnit="nm" PhysicalSizeYUnit="nm"')]), 0.25],
    ["OME-XML in ångström", tiff([ome("2500", ` ${unitsOf("&#197;")}`)]), 0.25],
    ["OME-XML in µm, escaped", tiff([ome("0.25", ` ${unitsOf("&#xB5;m")}`)]), 0.25],
    ["ImageJ's inch", tiff([description('ImageJ=1.54f\nunit="\n'), ...resolution(50_800, 1)]), 0.5],
    ["axes that differ, as their geometric mean", tiff(resolution(40_000, 3, 10_000)), 0.5],
    ["a PNG's pHYs", png([2_000_000, 2_000_000]), 0.5],
    ["a JPEG's density per cm", jpeg(jfif(2, 40_000)), 0.25],
    ["a JPEG's density per inch", jpeg(jfif(1, 50_800)), 0.5],
    ["a JPEG's EXIF data", jpeg(exif(smallTiff())), 0.5],
  ])("is read from %s", async (_, content, microns) => {
    const facts = await statedBy(content);
    expect(facts).toEqual({
      size: SIZE,
      stated: { microns: expect.closeTo(microns, 9), contradicting: [] },
    });
  });

  it.each([
    ["says how large to print", tiff(resolution(300, 2))],
    [
      "names a unit that nobody knows",
      tiff([description("ImageJ=1.54f\nunit=constructor\n"), ...resolution(2, 1)]),
    ],
    ["has no unit", tiff(resolution(2, 1))],
    ["has no resolution", tiff([])],
    ["has a pHYs without a unit", png([2_000_000, 2_000_000], 0)],
    ["is a PNG at 96 dpi", png([3780, 3780])],
    ["is a JPEG at 72 dpi", jpeg(jfif(1, 72))],
    ["is a JPEG of an aspect only", jpeg(jfif(0, 1))],
  ])("is unknown where a file %s", async (_, content) => {
    expect(await statedBy(content)).toEqual({
      size: SIZE,
      stated: { microns: null, contradicting: [] },
    });
  });

  it("is unknown, and said, where it contradicts itself by more than a tenth", async () => {
    const stated = (mpp: string) => [description(`Aperio|MPP = ${mpp}`), ...resolution(20_000, 3)];
    expect(await statedBy(tiff(stated("0.25")))).toMatchObject({
      stated: { microns: null, contradicting: [0.25, 0.5] },
    });
    const onOneAxis = [description("Aperio|MPP = 0.5"), ...resolution(20_000, 3, 10_000)];
    expect(await statedBy(tiff(onOneAxis))).toMatchObject({
      stated: { microns: null, contradicting: [0.5, 1] },
    });
    expect(await statedBy(tiff(stated("0.46")))).toMatchObject({
      stated: { microns: 0.46, contradicting: [] },
    });
  });

  it("is unknown where the directory is cut off", async () => {
    expect(await statedBy(tiff(resolution(20_000, 3)).subarray(0, 100_010))).toEqual({
      size: null,
      stated: { microns: null, contradicting: [] },
    });
  });
});
