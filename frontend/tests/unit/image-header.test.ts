import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readHeader } from "@/lib/upload/image-header";

function bytes(...parts: (readonly number[] | string)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === "string" ? [...part].map((letter) => letter.charCodeAt(0)) : part,
    ),
  );
}

const ZEROS = (count: number) => new Array<number>(count).fill(0);
/** The size, in AVIF's box of it. */
const ISPE = [0, 0, 0, 20, ...letters("ispe"), 0, 0, 0, 0, 0, 0, 1, 0x2c, 0, 0, 0, 0xc8];

function letters(text: string): readonly number[] {
  return [...text].map((letter) => letter.charCodeAt(0));
}

describe("the header of an image", () => {
  it.each([
    [
      "PNG",
      bytes([0x89], "PNG\r\n", [0x1a, 0x0a, 0, 0, 0, 13], "IHDR", [0, 0, 1, 0x2c, 0, 0, 0, 0xc8]),
    ],
    [
      "JPEG",
      bytes(
        // An EXIF segment of 4 bytes, filling, a Huffman table of 3, and a progressive frame.
        [0xff, 0xd8, 0xff, 0xe1, 0, 4, 9, 9, 0xff, 0xff, 0xc4, 0, 3, 9],
        [0xff, 0xc2, 0, 11, 8, 0, 0xc8, 0x01, 0x2c, 1],
      ),
    ],
    ["BMP", bytes("BM", ZEROS(12), [40, 0, 0, 0, 0x2c, 1, 0, 0, 0x38, 0xff, 0xff, 0xff])],
    ["BMP", bytes("BM", ZEROS(12), [12, 0, 0, 0, 0x2c, 1, 0xc8, 0])],
    ["GIF", bytes("GIF89a", [0x2c, 1, 0xc8, 0])],
    ["WEBP", bytes("RIFF", ZEROS(4), "WEBPVP8X", ZEROS(8), [0x2b, 1, 0, 0xc7, 0, 0])],
    ["WEBP", bytes("RIFF", ZEROS(4), "WEBPVP8L", ZEROS(4), [0x2f, 0x2b, 0xc1, 0x31, 0])],
    ["WEBP", bytes("RIFF", ZEROS(4), "WEBPVP8 ", ZEROS(10), [0x2c, 0x41, 0xc8, 0x00])],
    ["AVIF", bytes([0, 0, 0, 24], "ftypavif", ZEROS(4), "mif1avif", ISPE)],
    [
      "JPEG2000",
      bytes([0, 0, 0, 12], "jP  ", ZEROS(4), [0, 0, 0, 22], "ihdr", [0, 0, 0, 0xc8, 0, 0, 1, 0x2c]),
    ],
    [
      "JPEG2000",
      bytes([0xff, 0x4f, 0xff, 0x51, 0, 47, 0, 0, 0, 0, 1, 0x2c, 0, 0, 0, 0xc8], ZEROS(8)),
    ],
  ])("tells that this is %s, 300 by 200", (format, head) => {
    expect(readHeader(head)).toEqual({ format, size: { width: 300, height: 200 } });
  });

  it("reads what a drawing program wrote", () => {
    const drawn = readFileSync("public/samples/drawn_region.png");
    expect(readHeader(drawn)).toEqual({ format: "PNG", size: { width: 600, height: 400 } });
  });

  it.each([
    ["a JPEG that is cut before its frame", bytes([0xff, 0xd8, 0xff, 0xe1, 0xff, 0xff]), "JPEG"],
    ["a TIFF, whose directory may stand anywhere", bytes([0x49, 0x49, 42, 0, 8, 0]), "TIFF"],
    ["HEIC", bytes([0, 0, 0, 24], "ftypheic", ZEROS(4), "mif1heic"), "HEIC"],
    ["HEIC of a sequence", bytes([0, 0, 0, 20], "ftypmsf1", ZEROS(4), "hevc"), "HEIC"],
    ["a PDF", bytes("%PDF-1.7"), "PDF"],
    ["a BigTIFF", bytes([0x49, 0x49, 43, 0, 8, 0, 0, 0]), "TIFF"],
    ["a BigTIFF in the other byte order", bytes([0x4d, 0x4d, 0, 43, 0, 8, 0, 0]), "TIFF"],
    ["a PNG of its signature only", bytes([0x89], "PNG\r\n", [0x1a, 0x0a]), "PNG"],
  ])("knows the format but not the size of %s", (_, head, format) => {
    expect(readHeader(head)).toEqual({ format, size: null });
  });

  it.each([
    ["nothing", bytes()],
    ["text", bytes("just text, whatever its name")],
    ["a sound in the same container as WebP", bytes("RIFF", ZEROS(4), "WAVEfmt ")],
    ["a film", bytes([0, 0, 0, 16], "ftypisom", ZEROS(4))],
  ])("knows that %s is no image", (_, head) => {
    expect(readHeader(head)).toBeNull();
  });
});
