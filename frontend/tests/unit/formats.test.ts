import { expect, it } from "vitest";
import { acceptOf, isListed, isOfUnknownFormat, writtenName } from "@/lib/upload/formats";

it("a picker offers what is listed, by type and suffix", () => {
  expect(acceptOf(["PNG", "JPEG"])).toBe("image/png,.png,image/jpeg,.jpg,.jpeg");
  expect(acceptOf(["JPEG2000", "NPY"])).toBe("image/jp2,.jp2,.j2k,.npy");
});

it("names are compared however they are spelled, and written as people do", () => {
  expect(isListed("JPEG2000", ["JPEG 2000"])).toBe(true);
  expect(isListed("HEIC", ["PNG"])).toBe(false);
  expect(["WEBP", "JPEG2000", "PNG"].map(writtenName)).toEqual(["WebP", "JPEG 2000", "PNG"]);
});

it("a format that is not known here is told by the file's name", () => {
  expect(isOfUnknownFormat("a.NPY", ["PNG", "NPY"])).toBe(true);
  expect(isOfUnknownFormat("a.png", ["PNG", "NPY"])).toBe(false);
});
