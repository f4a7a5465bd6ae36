import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { carcinomaPatches, modelMetrics, quantile } from "@/lib/model/metrics";

const BUNDLED: unknown = JSON.parse(
  readFileSync(new URL("../../../hf_space/model/metrics.json", import.meta.url), "utf8"),
);

describe("modelMetrics", () => {
  it.each([null, undefined, 3, "text", [1]])("knows nothing of %j", (value) => {
    expect(modelMetrics(value)).toBeNull();
  });

  it("leaves out what is missing", () => {
    expect(modelMetrics({})).toEqual({
      measures: {},
      caseAveraged: {},
      points: [],
      reliability: [],
      cases: [],
      casesCount: null,
      patches: null,
      split: null,
      caseWeights: [],
    });
  });

  it("leaves out what is not a number", () => {
    const metrics = modelMetrics({
      recall: "high",
      specificity: null,
      precision: Number.NaN,
      f1: 0.8,
      intervals: { f1: [0.7], recall: [0.1, 0.2] },
      operating_points: { one: null, two: { uncertain: { fraction: 0.1 } } },
      cases: { a: "none" },
      dataset: { split: 3, case_weights: { a: "much", b: 0.5 } },
    });
    expect(metrics?.measures).toEqual({ f1: { value: 0.8, interval: null } });
    expect(metrics?.points).toEqual([
      { name: "one", measures: {}, confusion: null, uncertain: null },
      {
        name: "two",
        measures: {},
        confusion: null,
        uncertain: { fraction: 0.1, errorInside: null, errorOutside: null },
      },
    ]);
    expect(metrics?.split).toBeNull();
    expect(metrics?.caseWeights).toEqual([{ id: "b", weight: 0.5 }]);
    expect(metrics?.cases[0]?.recall).toBeNull();
  });

  it("sorts cases by balanced accuracy, and those without it last", () => {
    const cases = { a: {}, b: { balanced_accuracy: 0.9 }, c: { balanced_accuracy: 0.4 } };
    expect(modelMetrics({ cases })?.cases.map(({ id }) => id)).toEqual(["c", "b", "a"]);
  });

  it("reads the bundled model's figures whole", () => {
    const metrics = modelMetrics(BUNDLED);
    expect(metrics?.cases).toHaveLength(metrics?.casesCount ?? -1);
    expect(metrics?.cases.reduce((sum, { patches }) => sum + patches, 0)).toBe(metrics?.patches);
    expect(metrics?.points.length).toBeGreaterThan(0);
    for (const measures of [metrics?.measures, metrics?.caseAveraged]) {
      expect(Object.keys(measures ?? {})).toHaveLength(10);
      for (const { value, interval } of Object.values(measures ?? {})) {
        expect(interval?.low).toBeLessThanOrEqual(value);
        expect(interval?.high).toBeGreaterThanOrEqual(value);
      }
    }
    const carcinoma = metrics ? carcinomaPatches(metrics) : 0;
    expect(carcinoma).toBeGreaterThan(0);
    for (const { confusion } of metrics?.points ?? []) {
      expect((confusion?.found ?? 0) + (confusion?.missed ?? 0)).toBe(carcinoma);
      expect((confusion?.alarms ?? 0) + (confusion?.spared ?? 0)).toBe(
        (metrics?.patches ?? 0) - carcinoma,
      );
    }
    const bins = metrics?.reliability ?? [];
    expect(bins.reduce((sum, { patches }) => sum + patches, 0)).toBe(metrics?.patches);
    expect(bins.reduce((sum, bin) => sum + bin.carcinoma, 0)).toBe(carcinoma);
  });
});

describe("quantile", () => {
  it.each([
    [[], 0.5, null],
    [[3], 0.25, 3],
    [[4, 1, 3, 2], 0.5, 2.5],
    [[1, 2, 3, 4, 5], 0.25, 2],
    [[1, 2], 1, 2],
  ])("of %j at %d is %j", (values, share, expected) => {
    expect(quantile(values, share)).toBe(expected);
  });
});
