import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkFile, problemOf } from "@/lib/upload/check";

const LIMITS = {
  formats: ["PNG", "JPEG"],
  max_upload_bytes: 1000,
  max_pixels: 240_000,
  max_batch_files: 1,
  max_batch_bytes: 1000,
};
const REGION = readFileSync("public/samples/drawn_region.png");
const HEAD = REGION.subarray(0, 100);
const GIF = Buffer.from("GIF89a\x01\x00\x01\x00", "latin1");

describe("what is wrong with a file before it is sent", () => {
  it.each([
    ["an empty file", Buffer.alloc(0), 0, LIMITS, "missing_image"],
    ["too many bytes", HEAD, 1001, LIMITS, "payload_too_large"],
    ["a text", Buffer.from("text"), 4, LIMITS, "unsupported_image"],
    ["a format that the service leaves out", GIF, 10, LIMITS, "unsupported_image"],
    ["too many pixels", HEAD, 1000, { ...LIMITS, max_pixels: 239_999 }, "too_many_pixels"],
    ["a text, where the limits are not known", Buffer.from("text"), 4, null, "unsupported_image"],
  ])("is %s", (_, head, bytes, limits, code) => {
    expect(problemOf(head, bytes, limits)?.code).toBe(code);
  });

  it.each([
    ["a file at all limits", HEAD, 1000, LIMITS],
    ["any image where the limits are not known", GIF, 1e9, null],
    ["a size that is not in the head", HEAD.subarray(0, 12), 1000, LIMITS],
  ])("is nothing for %s", (_, head, bytes, limits) => {
    expect(problemOf(head, bytes, limits)).toBeNull();
  });

  it("is found in a file of which only the beginning is read", async () => {
    const limits = { ...LIMITS, max_upload_bytes: 1e6 };
    expect(await checkFile(new Blob([REGION]), limits)).toBeNull();
    expect((await checkFile(new Blob([REGION, REGION, REGION]), limits))?.code).toBe(
      "payload_too_large",
    );
  });

  it("is that it cannot be read, for a folder", async () => {
    const folder = new Blob(["x"]);
    folder.slice = () => {
      throw new DOMException("", "NotReadableError");
    };
    expect((await checkFile(folder, LIMITS))?.code).toBe("unsupported_image");
  });
});
