import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { averageRows, spanOf, tapsOf } from "@/lib/slide/area";
import { slideForm } from "@/lib/slide/ask";
import { fingerprintOf } from "@/lib/slide/fingerprint";
import { BLOCK, blockMeans, GlassFlattener, stripRows, whitePoint } from "@/lib/slide/glass";
import { PngWriter } from "@/lib/slide/png";

interface AreaCase {
  name: string;
  width: number;
  height: number;
  across: number;
  down: number;
  pixels: readonly number[];
  columns: number;
  rows: number;
  averages: readonly number[];
}

const PLACE = new URL("../../../tests/cases/areas.json", import.meta.url);
const AREAS: readonly AreaCase[] = JSON.parse(readFileSync(fileURLToPath(PLACE), "utf8"));

describe("averages of areas, by the cases of the service", () => {
  test.each(AREAS)("$name", (one) => {
    const down = tapsOf({ step: one.down, size: one.height }, 0, one.rows);
    const across = tapsOf({ step: one.across, size: one.width }, 0, one.columns);
    const [top, bottom] = spanOf(down);
    const rows = one.pixels.slice(top * one.width * 3, bottom * one.width * 3);
    const rgba = Uint8ClampedArray.from({ length: (rows.length / 3) * 4 }, (_, at) =>
      at % 4 === 3 ? 255 : (rows[Math.floor(at / 4) * 3 + (at % 4)] ?? 0),
    );
    const pixels = averageRows({ top, width: one.width, rgba }, down, across);
    expect([...pixels]).toEqual(one.averages);
  });
});

/** Noise around a colour, the same each time. */
function noise(colour: readonly [number, number, number], count: number): number[] {
  return Array.from(
    { length: count * 3 },
    (_, at) => (colour[at % 3] ?? 0) + ((at * 7919) % 5) - 2,
  );
}

const GLASS = [243, 242, 244] as const;
const TISSUE = [190, 120, 180] as const;
const TILE = 50;

/** A slide of glass, 6 tiles each way, with one tile of tissue at row 1, column 1. */
function slide(): Uint8Array {
  const side = 6 * TILE;
  const pixels = Uint8Array.from(noise(GLASS, side * side));
  for (let row = TILE; row < 2 * TILE; row++) {
    pixels.set(noise(TISSUE, TILE), (row * side + TILE) * 3);
  }
  return pixels;
}

function flattened(pixels: Uint8Array, width: number): Uint8Array {
  const white = whitePoint(blockMeans(pixels, width, pixels.length / width / 3, 3));
  const flattener = new GlassFlattener(width, TILE, white);
  const bytes = stripRows(TILE) * width * 3;
  const strips: Uint8Array[] = [];
  for (let at = 0; at < pixels.length; at += bytes) {
    const ready = flattener.push(pixels.slice(at, at + bytes));
    strips.push(...(ready ? [ready] : []));
  }
  const last = flattener.end();
  strips.push(...(last ? [last] : []));
  return Uint8Array.from(strips.flatMap((strip) => [...strip]));
}

describe("empty glass", () => {
  const side = 6 * TILE;
  const before = slide();
  const after = flattened(before, side);
  const isSame = (row: number, column: number) =>
    [0, 1, 2].every(
      (channel) =>
        before[(row * side + column) * 3 + channel] === after[(row * side + column) * 3 + channel],
    );

  test("keeps the mean of every block, which the service finds the tissue by", () => {
    expect(after.length).toBe(before.length);
    const [old, now] = [blockMeans(before, side, side, 3), blockMeans(after, side, side, 3)];
    const apart = Array.from(old, (mean, at) => Math.abs(mean - (now[at] ?? 0)));
    expect(Math.max(...apart)).toBeLessThanOrEqual(0.5);
  });

  test("is flat beyond the tiles around tissue, and tissue and these are as they were", () => {
    for (let row = 0; row < 3 * TILE; row++) {
      for (let column = 0; column < 3 * TILE; column++) {
        expect(isSame(row, column)).toBe(true);
      }
    }
    const far = (4 * TILE * side + 4 * TILE) * 3;
    const first = [...after.slice(far, far + 3)];
    for (let x = 0; x < BLOCK; x++) {
      expect([...after.slice(far + 3 * x, far + 3 * x + 3)]).toEqual(first);
    }
  });

  test("is left as it is on a slide of which little is glass", () => {
    const tissue = Uint8Array.from(noise(TISSUE, 200 * 200));
    expect(flattened(tissue, 200)).toEqual(tissue);
  });
});

describe("the PNG", () => {
  const pixels = Uint8Array.from({ length: 7 * 5 * 3 }, (_, at) => (at * 37) % 256);

  async function written(profile: Uint8Array<ArrayBuffer> | null): Promise<Buffer> {
    const png = new PngWriter(7, 5, profile);
    await png.write(pixels.slice(0, 2 * 21));
    await png.write(pixels.slice(2 * 21));
    return Buffer.from(await (await png.end(Uint8Array.of(1, 2, 3))).arrayBuffer());
  }

  function chunks(png: Buffer): [string, Buffer][] {
    const found: [string, Buffer][] = [];
    for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
      const length = png.readUInt32BE(at);
      found.push([png.toString("latin1", at + 4, at + 8), png.subarray(at + 8, at + 8 + length)]);
    }
    return found;
  }

  test("holds every pixel", async () => {
    const found = chunks(await written(null));
    const others = found.filter(([type]) => type !== "IDAT");
    expect(others.map(([type]) => type)).toEqual(["IHDR", "ovWS", "IEND"]);
    expect([...inflateSync(others[1]?.[1] ?? Buffer.alloc(0))]).toEqual([1, 2, 3]);
    const packed = found.filter(([type]) => type === "IDAT").map(([, data]) => data);
    expect([...unfiltered(inflateSync(Buffer.concat(packed)), 21)]).toEqual([...pixels]);
  });

  test("takes the colour profile along", async () => {
    const profile = Uint8Array.from({ length: 300 }, (_, at) => at % 251);
    const icc = chunks(await written(profile)).find(([type]) => type === "iCCP")?.[1];
    expect(icc?.toString("latin1", 0, 5)).toBe("icc\0\0");
    expect([...inflateSync(icc?.subarray(5) ?? Buffer.alloc(0))]).toEqual([...profile]);
  });
});

/** PNG, section 9.2. */
function unfiltered(data: Buffer, bytes: number): Uint8Array {
  const rows = data.length / (bytes + 1);
  const pixels = new Uint8Array(rows * bytes);
  for (let row = 0; row < rows; row++) {
    const filter = data[row * (bytes + 1)];
    for (let at = 0; at < bytes; at++) {
      const place = row * bytes + at;
      const left = at < 3 ? 0 : (pixels[place - 3] ?? 0);
      const above = row === 0 ? 0 : (pixels[place - bytes] ?? 0);
      const corner = at < 3 || row === 0 ? 0 : (pixels[place - bytes - 3] ?? 0);
      const guess = [0, left, above, 0, paeth(left, above, corner)][filter ?? 0] ?? 0;
      pixels[place] = (data[row * (bytes + 1) + 1 + at] ?? 0) + guess;
    }
  }
  return pixels;
}

function paeth(left: number, above: number, corner: number): number {
  const [a, b, c] = [above - corner, left - corner, left + above - 2 * corner].map(Math.abs);
  return (a ?? 0) <= (b ?? 0) && (a ?? 0) <= (c ?? 0)
    ? left
    : (b ?? 0) <= (c ?? 0)
      ? above
      : corner;
}

test("a fingerprint is of the size, the first and the last MiB", async () => {
  const bytes = new Uint8Array(3 << 20);
  const digest = await fingerprintOf(new Blob([bytes]));
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  const changedAt = async (at: number) => {
    const other = bytes.slice();
    other[at] = 1;
    return fingerprintOf(new Blob([other]));
  };
  expect(await changedAt((1 << 20) + 5)).toBe(digest);
  expect(await changedAt(5)).not.toBe(digest);
  expect(await changedAt(bytes.length - 5)).not.toBe(digest);
  expect(await fingerprintOf(new Blob([bytes, "x"]))).not.toBe(digest);
});

test("nothing of the file goes along but the picture, not even its name", () => {
  const form = slideForm({
    facts: {
      width: 22000,
      height: 18000,
      scale: [0.25, 0.26],
      scaleSource: "metadata",
      fingerprint: "ab".repeat(32),
    },
    picture: { width: 1375, height: 1170, png: new Blob(["png"], { type: "image/png" }) },
    operatingPoint: null,
    save: false,
  });
  const { file, ...fields } = Object.fromEntries(form);
  expect(fields).toEqual({
    slide_width: "22000",
    slide_height: "18000",
    slide_microns_across: "0.25",
    slide_microns_down: "0.26",
    scale_source: "metadata",
    fingerprint: "ab".repeat(32),
    save: "false",
  });
  expect((file as File).name).toBe("image");
});
