import { describe, expect, it } from "vitest";
import { fieldsAt, oddestOf, oddFieldOf, questionOf, rangeOf } from "@/lib/upload/scale";
import { micronsOf, ownOddField, scaleChoices } from "@/lib/upload/scale-choice";
import type { AskingUpload } from "@/lib/upload/uploads";

const NONE = { microns: null, contradicting: [] };
const FIELD = { width: 3200, height: 2304 };

describe("whether a scale is asked for", () => {
  it.each([
    ["a larger image without a scale", FIELD, NONE, null, "unknown"],
    ["one just larger than a patch", { width: 65, height: 10 }, NONE, null, "unknown"],
    ["one whose size cannot be told", null, NONE, null, "unknown"],
    [
      "one that contradicts itself",
      FIELD,
      { ...NONE, contradicting: [1, 2] },
      null,
      "contradiction",
    ],
    ["a field of 64 mm", FIELD, { ...NONE, microns: 20 }, null, "field"],
    ["a field of 0.144 mm on its shorter side", FIELD, NONE, 0.0625, "field"],
    [
      "a field of 0.03 mm that a patch's file states",
      { width: 60, height: 60 },
      { ...NONE, microns: 0.5 },
      null,
      "field",
    ],
    ["a patch at the data set's scale", { width: 50, height: 50 }, NONE, 4, null],
    ["a patch", { width: 64, height: 64 }, NONE, null, null],
    [
      "a patch that contradicts itself",
      { width: 50, height: 50 },
      { microns: null, contradicting: [1, 2] },
      null,
      null,
    ],
    ["one whose file states it", FIELD, { ...NONE, microns: 0.5 }, null, null],
    ["one whose scale is set", FIELD, NONE, 0.5, null],
    [
      "a contradiction that the settings resolve",
      FIELD,
      { ...NONE, contradicting: [1, 2] },
      1,
      null,
    ],
    ["one of unknown size with a scale", null, { ...NONE, microns: 0.5 }, null, null],
  ])("%s", (_, size, stated, set, expected) => {
    expect(questionOf({ size, stated }, set)).toBe(expected);
  });
});

it("a field is odd beyond 60 mm and below 0.15 mm", () => {
  expect(oddestOf([{ width: 60, height: 0.15 }])).toBeNull();
  expect(oddestOf([{ width: 60.1, height: 10 }])?.size).toBe("large");
  expect(oddestOf([{ width: 10, height: 0.149 }])?.size).toBe("small");
});

describe("what is offered", () => {
  const scales = { own: 0.1, typed: null };

  it("is what was stated only where that is to be confirmed", () => {
    expect(scaleChoices(false)).toEqual([2.5, 5, 10, 20, 40, "microns"]);
    expect(scaleChoices(true)[0]).toBe("own");
  });

  it("stands for 10 µm divided by the magnification", () => {
    const stated = ([2.5, 5, 10, 20, 40] as const).map((choice) => micronsOf(choice, scales));
    expect(stated).toEqual([4, 2, 1, 0.5, 0.25]);
    expect(micronsOf("own", scales)).toBe(0.1);
    expect(micronsOf("microns", scales)).toBeNull();
    expect(micronsOf(null, scales)).toBeNull();
  });

  it("is questioned for the oddest of the images", () => {
    const sizes = [{ width: 100, height: 100 }, FIELD, null];
    expect(oddFieldOf(sizes, 20)).toEqual({ size: "large", field: { width: 64, height: 46.08 } });
    expect(oddFieldOf(sizes, 1)).toEqual({ size: "small", field: { width: 0.1, height: 0.1 } });
    expect(oddFieldOf(sizes, 4)).toBeNull();
    expect(oddFieldOf([null], 4)).toBeNull();
  });

  it.each([
    ["a narrow strip", [[4000, 200]], 0.5, "small", [2, 0.1]],
    [
      "a strip beside a square",
      [
        [800, 60],
        [400, 400],
      ],
      0.5,
      "small",
      [0.4, 0.03],
    ],
    [
      "a long strip beside a square",
      [
        [200, 20_000],
        [3000, 3000],
      ],
      4,
      "large",
      [0.8, 80],
    ],
  ] as const)("is questioned on the side that is odd: %s", (_, sides, microns, size, field) => {
    const sizes = sides.map(([width, height]) => ({ width, height }));
    expect(oddFieldOf(sizes, microns)).toEqual({
      size,
      field: { width: expect.closeTo(field[0], 9), height: expect.closeTo(field[1], 9) },
    });
  });

  it("is questioned where each image has a scale of its own", () => {
    const asking = (size: { width: number; height: number }, microns: number): AskingUpload => ({
      id: 1,
      key: "1",
      file: new File([], "a.png"),
      options: { operatingPoint: null, micronsPerPixel: null, save: false },
      scaleAsked: "if_needed",
      progress: {
        phase: "asking",
        question: "field",
        facts: { size, stated: { microns, contradicting: [] } },
      },
    });
    const [large, small] = [asking(FIELD, 20), asking({ width: 80, height: 60 }, 0.5)];
    expect(ownOddField([large, small])?.size).toBe("large");
    expect(ownOddField([small])?.size).toBe("small");
  });

  it("names the smallest and the largest field by their area", () => {
    const sizes = [{ width: 800, height: 60 }, { width: 400, height: 400 }, null];
    expect(rangeOf(fieldsAt(sizes, 500))).toEqual({
      least: { width: 400, height: 30 },
      most: { width: 200, height: 200 },
    });
  });
});
