import { expect, it } from "vitest";
import {
  acceptOf,
  isListed,
  isOfUnknownFormat,
  READABLE_FORMATS,
  writtenName,
} from "@/lib/upload/formats";
import readable from "@/lib/upload/readable-formats.json";

it("a picker offers what is listed, by type and suffix", () => {
  expect(acceptOf(["PNG", "JPEG"])).toBe("image/png,.png,image/jpeg,.jpg,.jpeg");
  expect(acceptOf(["JPEG2000", "NPY"])).toBe("image/jp2,.jp2,.j2k,.npy");
});

it("before the service is asked, a picker offers what its readers know, and nothing else", () => {
  const offered = acceptOf(READABLE_FORMATS).split(",");
  const suffixes = offered.filter((each) => each.startsWith("."));
  expect(suffixes.toSorted()).toEqual(readable.suffixes);
  expect(suffixes).toContain(".btf");
  expect(offered).not.toContain("image/*");
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
