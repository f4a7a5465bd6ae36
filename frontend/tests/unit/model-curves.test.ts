import { describe, expect, it } from "vitest";
import { precisionRecallPoint, rocPoint } from "@/lib/model/curves";
import { INVENTED_MAP, meanOf, sigmoid } from "@/lib/model/evidence";

describe("points of the curves", () => {
  it("turns figures into places", () => {
    const figures = { sensitivity: 0.8, specificity: 0.75, precision: 0.6 };
    expect(rocPoint(figures)).toEqual({ x: 0.25, y: 0.8 });
    expect(precisionRecallPoint(figures)).toEqual({ x: 0.8, y: 0.6 });
  });

  it("has no place for what is not defined", () => {
    const figures = { sensitivity: null, specificity: null, precision: 0.6 };
    expect(rocPoint(figures)).toBeNull();
    expect(precisionRecallPoint(figures)).toBeNull();
    expect(precisionRecallPoint({ ...figures, sensitivity: 0, precision: null })).toEqual({
      x: 0,
      y: null,
    });
  });
});

describe("evidence", () => {
  it("adds up to a logit and a probability", () => {
    expect(
      meanOf([
        [1, -1],
        [2, 4],
      ]),
    ).toBe(1.5);
    expect(sigmoid(0)).toBe(0.5);
    expect(sigmoid(2) + sigmoid(-2)).toBeCloseTo(1, 12);
  });

  it("shows in its example that evidence against counts, too", () => {
    expect(INVENTED_MAP.flat().some((cell) => cell < 0)).toBe(true);
    expect(meanOf(INVENTED_MAP)).toBeGreaterThan(0);
    expect(sigmoid(meanOf(INVENTED_MAP))).toBeLessThan(0.7);
  });
});
