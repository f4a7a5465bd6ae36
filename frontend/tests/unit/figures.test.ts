import { describe, expect, it } from "vitest";
import { boundedFigure, durationOf, withMinus } from "@/lib/figures";

describe("a share", () => {
  it.each([
    [0, "", 0],
    [1, "", 1],
    [0.0004, "< ", 0.001],
    [0.0005, "", 0.0005],
    [0.9996, "> ", 0.999],
    [0.9994, "", 0.9994],
  ])("%d is not rounded to none or all", (share, sign, value) => {
    const figure = boundedFigure(share, 3);
    expect(figure.sign).toBe(sign);
    expect(figure.value).toBeCloseTo(value, 9);
  });
});

describe("a time", () => {
  it.each([
    [4.26, { value: 4.26, unit: "millisecond", decimals: 1 }],
    [999.4, { value: 999.4, unit: "millisecond", decimals: 0 }],
    [999.6, { value: 0.9996, unit: "second", decimals: 1 }],
    [32_215, { value: 32.215, unit: "second", decimals: 1 }],
    [59_949, { value: 59.949, unit: "second", decimals: 1 }],
    [59_960, { value: 59_960 / 60_000, unit: "minute", decimals: 1 }],
    [5_400_000, { value: 90, unit: "minute", decimals: 1 }],
  ])("of %d ms is read in its own unit", (milliseconds, expected) => {
    expect(durationOf(milliseconds)).toEqual(expected);
  });
});

it("a number below zero has a minus sign", () => {
  expect(["-0.58", "0.58", "+1.2"].map(withMinus)).toEqual(["−0.58", "0.58", "+1.2"]);
});
