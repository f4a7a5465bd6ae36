import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { inspectFile } from "@/lib/upload/check";

const REGION = readFileSync("public/samples/drawn_region.png");
const LIMITS = { formats: ["PNG", "JPEG"], max_upload_bytes: REGION.length, max_pixels: 240_000 };
const GIF = Buffer.from("GIF89a\x01\x00\x01\x00", "latin1");
const HEIC = Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic", "latin1");

function file(content: Buffer | string, name = "a.png"): File {
  return new File([typeof content === "string" ? content : new Uint8Array(content)], name);
}

async function errorOf(given: File, limits: typeof LIMITS | null) {
  return (await inspectFile(given, limits)).error;
}

describe("what is wrong with a file before it is sent", () => {
  it.each([
    ["an empty file", file(""), LIMITS, "missing_image"],
    ["too many bytes", new File([REGION, "x"], "a.png"), LIMITS, "payload_too_large"],
    ["a text", file("text"), LIMITS, "unsupported_image"],
    ["a format that the service leaves out", file(GIF), LIMITS, "unsupported_image"],
    ["too many pixels", file(REGION), { ...LIMITS, max_pixels: 239_999 }, "too_many_pixels"],
    ["a text, where the limits are not known", file("text"), null, "unsupported_image"],
  ])("is %s", async (_, given, limits, code) => {
    expect((await errorOf(given, limits))?.code).toBe(code);
  });

  it.each([
    ["a file at all limits", file(REGION), LIMITS],
    ["any image where the limits are not known", file(GIF), null],
    ["a size that is not in the file", file(REGION.subarray(0, 12)), LIMITS],
    [
      "a format of the service's that is not known here, by its suffix",
      file("\x93NUMPY", "field.NPY"),
      { ...LIMITS, formats: ["NPY"] },
    ],
  ])("is nothing for %s", async (_, given, limits) => {
    expect(await errorOf(given, limits)).toBeNull();
  });

  it.each([LIMITS, null])("is its format, by name, for HEIC", async (limits) => {
    const error = await errorOf(file(HEIC, "photo.png"), limits);
    expect([error?.code, error?.details]).toEqual(["unsupported_image", { format: "HEIC" }]);
  });

  it.each([LIMITS, null])("is its format, by name, for a zip", async (limits) => {
    const error = await errorOf(file("PK\x03\x04", "images.zip"), limits);
    expect([error?.code, error?.details]).toEqual(["unsupported_image", { format: "ZIP" }]);
    expect(error?.isOfFile).toBe(true);
  });

  it("is that it cannot be read, for a folder", async () => {
    const folder = file("x");
    folder.slice = () => {
      throw new DOMException("", "NotReadableError");
    };
    expect((await errorOf(folder, LIMITS))?.code).toBe("unsupported_image");
  });
});

it("a file says its size", async () => {
  const stated = { microns: null, contradicting: [] };
  expect(await inspectFile(file(REGION), LIMITS)).toEqual({
    error: null,
    facts: { size: { width: 600, height: 400 }, stated },
  });
});
