import { describe, expect, test } from "vitest";
import { SlideError } from "@/lib/slide/error";
import { downsampleOf, levelFor, sizeIn } from "@/lib/slide/levels";
import { isSlide, slidePages } from "@/lib/slide/open-slide";
import { statedScales } from "@/lib/slide/scales";
import { agree } from "@/lib/upload/stated-scale";
import { TIFF_CASES, tiffOf } from "./tiff-cases";

const fileOf = (name: string) => {
  const found = TIFF_CASES.find((each) => each.name.startsWith(name));
  return new Blob(found ? [tiffOf(found)] : []);
};

describe("levels and scale, by the cases of the service", () => {
  test.each(TIFF_CASES)("$name", async (one) => {
    const file = new Blob([tiffOf(one)]);
    if (one.error) {
      await expect(slidePages(file)).rejects.toMatchObject({ problem: one.error });
      return;
    }
    const { pages } = await slidePages(file);
    expect(pages.map(({ width, height }) => [width, height])).toEqual(one.levels);
    const scales = await statedScales(pages[0]);
    const isAgreed = scales.length > 0 && agree(scales);
    expect(isAgreed ? scales[0] : undefined).toEqual(
      one.scale?.map((side) => expect.closeTo(side, 9)),
    );
    expect(scales.length > 0 && !isAgreed).toBe(one.contradicts ?? false);
  });
});

test("a pyramid of tiles is a slide, and so is one level beyond what is sent", async () => {
  const pagesOf = async (name: string) => (await slidePages(fileOf(name))).pages;
  expect(isSlide(await pagesOf("Aperio: levels"), 5e7)).toBe(true);
  const [main] = await pagesOf("a resolution for printing");
  expect(isSlide([main], 5e7)).toBe(false);
  expect(isSlide([main], 4e7)).toBe(true);
  expect(isSlide(await pagesOf("ImageJ counts"), 1)).toBe(false);
});

test("a file that ends before its directory is cut off", async () => {
  const whole = tiffOf(TIFF_CASES[0] ?? { name: "", pages: [] });
  const error = await slidePages(new Blob([whole.slice(0, 200)])).catch((each) => each);
  expect(error).toBeInstanceOf(SlideError);
  expect(error.problem).toBe("corrupt");
});

describe("the level that is read", () => {
  const levels = [
    { width: 22000, height: 18000 },
    { width: 5500, height: 4500 },
    { width: 1375, height: 1125 },
  ] as const;

  test.each([
    [16, 2],
    [15.83, 2],
    [15, 1],
    [4, 1],
    [3.9, 0],
    [1, 0],
    [0.5, 0],
  ])("for a step of %d is number %d", (step, index) => {
    expect(levelFor(levels, step)).toBe(index);
  });

  test("is reduced by a whole number where its sides fit one", () => {
    expect(downsampleOf({ width: 1375, height: 1125 }, { width: 22007, height: 18003 })).toEqual([
      16, 16,
    ]);
    expect(downsampleOf({ width: 740, height: 555 }, { width: 2000, height: 1500 })).toEqual([
      2000 / 740,
      1500 / 555,
    ]);
  });

  test("has whole pixels, rounded as Python does", () => {
    expect([sizeIn(22000, 16), sizeIn(25, 10), sizeIn(35, 10), sizeIn(1, 16)]).toEqual([
      1375, 2, 4, 1,
    ]);
  });
});
