import { describe, expect, it } from "vitest";
import {
  bandOf,
  firstChoice,
  naturalFrequencies,
  nearestIndex,
  parsePercentage,
  pointOf,
  predictiveValues,
  probabilityAt,
  sideOf,
  verdictBy,
} from "@/lib/threshold/threshold";

const CURVE = [0, 0.25, 0.5, 0.75, 1].map((threshold) => ({ threshold }));

describe("nearestIndex", () => {
  it.each([
    [0, 0],
    [0.13, 1],
    [0.375, 1],
    [0.5, 2],
    [0.9, 4],
    [1, 4],
  ])("snaps %d to point %d", (threshold, index) => {
    expect(nearestIndex(CURVE, threshold)).toBe(index);
  });

  it("finds nothing on an empty curve", () => {
    expect(nearestIndex([], 0.5)).toBe(-1);
  });
});

describe("predictiveValues", () => {
  it("agrees with the classic example of a rare condition", () => {
    const { positive, negative } = predictiveValues(0.9, 0.9, 0.01);
    expect(positive).toBeCloseTo(0.009 / (0.009 + 0.099), 12);
    expect(negative).toBeCloseTo(0.891 / (0.891 + 0.001), 12);
  });

  it("gives a coin's throw the prevalence itself", () => {
    const { positive, negative } = predictiveValues(0.5, 0.5, 0.287);
    expect(positive).toBeCloseTo(0.287, 12);
    expect(negative).toBeCloseTo(0.713, 12);
  });

  it("defines no value of a verdict that nobody gets", () => {
    expect(predictiveValues(0, 1, 0.3)).toEqual({ positive: null, negative: 0.7 });
    expect(predictiveValues(1, 0, 0.3)).toEqual({ positive: 0.3, negative: null });
  });

  it("knows the ends of prevalence", () => {
    expect(predictiveValues(0.8, 0.9, 0)).toEqual({ positive: 0, negative: 1 });
    expect(predictiveValues(0.8, 0.9, 1)).toEqual({ positive: 1, negative: 0 });
  });
});

describe("probabilityAt", () => {
  it("changes the odds as the prior odds change", () => {
    // Odds of 9 to 1 where one half has carcinoma are even where one in ten has it.
    expect(probabilityAt(0.9, 0.5, 0.1)).toBeCloseTo(0.5, 12);
    expect(probabilityAt(0.3, 0.276, 0.276)).toBeCloseTo(0.3, 12);
  });

  it("keeps certainty, and tells nothing where nothing is uncertain", () => {
    expect(probabilityAt(1, 0.3, 0.01)).toBe(1);
    expect(probabilityAt(0, 0.3, 0.9)).toBe(0);
    expect(probabilityAt(0.5, 0.3, 0)).toBeNull();
    expect(probabilityAt(0.5, 0.3, 1)).toBeNull();
  });
});

describe("naturalFrequencies", () => {
  it("counts whole patches", () => {
    expect(naturalFrequencies(0.877, 0.896, 0.287)).toEqual({
      total: 1000,
      carcinoma: 287,
      found: 252,
      missed: 35,
      others: 713,
      falselyCalled: 74,
      spared: 639,
    });
  });

  it("adds up, whatever is rounded", () => {
    for (let step = 0; step <= 100; step++) {
      const share = step / 100;
      const all = naturalFrequencies(share, 1 - share / 3, share / 7);
      expect(all.found + all.missed).toBe(all.carcinoma);
      expect(all.spared + all.falselyCalled).toBe(all.others);
      expect(all.carcinoma + all.others).toBe(all.total);
    }
  });
});

describe("parsePercentage", () => {
  it.each([
    ["0", 0],
    ["100", 1],
    [" 12.5 ", 0.125],
    ["12,5", 0.125],
    ["5 %", 0.05],
    [".5", 0.005],
  ])("reads %j", (text, share) => {
    expect(parsePercentage(text)).toBeCloseTo(share, 12);
  });

  it.each(["", " ", "-1", "100.1", "abc", "1e1", "1,2,3", "Infinity", "%", "."])(
    "refuses %j",
    (text) => {
      expect(parsePercentage(text)).toBeNull();
    },
  );
});

it("a tile within the band of the rule is inconclusive", () => {
  const rule = { threshold: 0.4, band: { low: 0.3, high: 0.5 } };
  expect([0.29, 0.3, 0.45, 0.51].map((p) => sideOf(rule, p))).toEqual([
    "below",
    "inconclusive",
    "inconclusive",
    "at_or_above",
  ]);
  expect(sideOf({ ...rule, band: null }, 0.4)).toBe("at_or_above");
});

describe("verdictBy", () => {
  it("calls malignant from the threshold on", () => {
    const own = { threshold: 0.3, band: null };
    expect(verdictBy(own, 0.3)).toBe("malignant");
    expect(verdictBy(own, 0.2999)).toBe("benign");
  });

  it("keeps both ends of a band uncertain", () => {
    const rule = { threshold: 0.4, band: { low: 0.3, high: 0.5 } };
    expect([0.29, 0.3, 0.5, 0.51].map((p) => verdictBy(rule, p))).toEqual([
      "benign",
      "uncertain",
      "uncertain",
      "malignant",
    ]);
  });
});

describe("bandOf", () => {
  it("is null where the band is empty", () => {
    expect(bandOf({ threshold: 0.4, uncertain_low: 0.4, uncertain_high: 0.4 })).toBeNull();
    expect(bandOf({ threshold: 0.4, uncertain_low: 0.3, uncertain_high: 0.5 })).toEqual({
      low: 0.3,
      high: 0.5,
    });
  });
});

describe("a result of another revision of the model", () => {
  const figures = { sensitivity: 0.9, specificity: 0.8, precision: 0.7, npv: 0.95 };
  const balanced = { threshold: 0.5, uncertain_low: 0.4, uncertain_high: 0.6, ...figures };
  const model = {
    revision: "new",
    operatingPoints: { balanced },
    defaultOperatingPoint: "balanced",
    thresholdCurve: CURVE.map((point) => ({ ...point, ...figures })),
  };
  const result = (revision: string, operating_point: string | null, threshold: number) => ({
    model: { name: "biopsia-idc", revision },
    operating_point,
    threshold,
  });

  it("has no figures of the current one", () => {
    expect(pointOf(model, result("new", "balanced", 0.5))).toBe(balanced);
    expect(pointOf(model, result("old", "balanced", 0.26))).toBeNull();
    expect(pointOf(model, result("new", null, 0.26))).toBeNull();
    expect(pointOf(model, result("new", "gone", 0.26))).toBeNull();
    expect(pointOf(undefined, result("new", "balanced", 0.5))).toBeNull();
  });

  it("begins at its own threshold, not at the current one's of that name", () => {
    expect(firstChoice(model, result("new", "balanced", 0.5))).toBe("balanced");
    expect(firstChoice(model, result("old", "balanced", 0.26))).toBe(1);
    expect(firstChoice(model, result("new", null, 0.74))).toBe(3);
    expect(firstChoice(model)).toBe("balanced");
  });
});
