import { describe, expect, it } from "vitest";
import { isOdd, questionOf } from "@/lib/upload/scale";
import { micronsOf, oddFieldOf, scaleChoices } from "@/lib/upload/scale-choice";

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
  expect(isOdd({ width: 60, height: 0.15 })).toBe(false);
  expect(isOdd({ width: 60.1, height: 10 })).toBe(true);
  expect(isOdd({ width: 10, height: 0.149 })).toBe(true);
});

describe("what is offered", () => {
  const scales = { own: 0.1, typed: null, dataSet: 4 };

  it("is what was stated only where that is to be confirmed", () => {
    expect(scaleChoices(false)).toEqual([2.5, 5, 10, 20, 40, "microns", "data_set"]);
    expect(scaleChoices(true)[0]).toBe("own");
  });

  it("stands for 10 µm divided by the magnification", () => {
    const stated = ([2.5, 5, 10, 20, 40] as const).map((choice) => micronsOf(choice, scales));
    expect(stated).toEqual([4, 2, 1, 0.5, 0.25]);
    expect(micronsOf("data_set", scales)).toBe(4);
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
});
