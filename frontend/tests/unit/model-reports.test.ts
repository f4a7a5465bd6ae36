import { describe, expect, it } from "vitest";
import { confusionAt } from "@/lib/model/confusion";
import { classShares, reliabilityBins } from "@/lib/model/reliability";
import { blurSteps, outsideGroups, robustness, slideEvidence } from "@/lib/model/reports";
import explain from "../../../hf_space/model/explain.json";
import limits from "../../../hf_space/model/limits.json";
import outside from "../../../hf_space/model/outside.json";
import robust from "../../../hf_space/model/robust.json";

describe("confusionAt", () => {
  const at = (recall: number | null, specificity: number | null) => ({
    operating_points: { balanced: { recall, specificity } },
  });

  it("gives back the counts of the cases' shares", () => {
    const cases = {
      a: { patches: 10, idc: 4, ...at(0.75, 5 / 6) },
      // Without IDC there is no sensitivity.
      b: { patches: 7, idc: 0, ...at(null, 6 / 7) },
    };
    expect(confusionAt("balanced", cases)).toEqual({ found: 3, missed: 1, alarms: 2, spared: 11 });
  });

  it.each([
    ["no case", {}],
    ["no figures at this point", { a: { patches: 10, idc: 4 } }],
    ["a sensitivity missing", { a: { patches: 10, idc: 4, ...at(null, 1) } }],
    ["counts missing", { a: at(1, 1) }],
    ["no cases", undefined],
  ])("is null with %s", (_, cases) => {
    expect(confusionAt("balanced", cases)).toBeNull();
  });
});

describe("reliability", () => {
  const bin = { low: 0, high: 0.5, patches: 4, idc: 1, mean_probability: 0.2, observed: 0.25 };

  it("leaves out empty bins, and intervals that are none", () => {
    const empty = { low: 0.5, high: 1, patches: 0, idc: 0, mean_probability: null, observed: null };
    expect(reliabilityBins([{ ...bin, interval: [0.1, 0.4] }, empty, "x", bin])).toMatchObject([
      { low: 0, patches: 4, carcinoma: 1, observed: 0.25, interval: { low: 0.1, high: 0.4 } },
      { low: 0, interval: null },
    ]);
    expect(reliabilityBins(null)).toEqual([]);
  });

  it("spreads a class over the bins", () => {
    const bins = reliabilityBins([bin, { ...bin, low: 0.5, high: 1, patches: 4, idc: 3 }]);
    expect(classShares(bins, ({ carcinoma }) => carcinoma)).toEqual([0.25, 0.75]);
    expect(classShares(bins, () => 0)).toEqual([0, 0]);
  });
});

describe("reports", () => {
  it("puts the unchanged patches first", () => {
    const report = {
      dataset: { patches: 5, cases: 2 },
      operating_point: "balanced",
      shifts: { jpeg_50: { sensitivity: 0.5, flips: 0.25 }, clean: { sensitivity: 0.75 } },
    };
    expect(robustness(report)).toEqual({
      patches: 5,
      cases: 2,
      operatingPoint: "balanced",
      shifts: [
        { name: "clean", rocAuc: null, sensitivity: 0.75, specificity: null, flips: null },
        { name: "jpeg_50", rocAuc: null, sensitivity: 0.5, specificity: null, flips: 0.25 },
      ],
    });
  });

  it("has a group for each kind and scale", () => {
    const figures = { images: 4, labelled: 0, withheld: 0.75, silent: 0.25 };
    const kinds = { smear: { all: figures, unknown: figures }, organ: { all: {}, "0.8": figures } };
    expect(outsideGroups({ kinds }).map(({ kind, scale }) => [kind, scale])).toEqual([
      ["smear", null],
      ["organ", 0.8],
    ]);
    expect(outsideGroups({ kinds })[0]?.outcomes).toEqual({
      refused: 0,
      withheld: 0.75,
      warned: 0,
      inconclusive: 0,
      silent: 0.25,
    });
  });

  it("orders the blur, in focus first", () => {
    const report = { sensitivity_sharp: 0.9, sensitivity_blurred: { "1": 0.5, "0.5": 0.8 } };
    expect(blurSteps(report)).toEqual([
      { sigma: 0, sensitivity: 0.9 },
      { sigma: 0.5, sensitivity: 0.8 },
      { sigma: 1, sensitivity: 0.5 },
    ]);
  });

  it.each([undefined, null, {}, { shifts: [], kinds: 3, slides: "none" }])(
    "reads %j as nothing",
    (report) => {
      expect(robustness(report)).toBeNull();
      expect(outsideGroups(report)).toEqual([]);
      expect(slideEvidence(report)).toEqual([]);
      expect(blurSteps(report)).toEqual([]);
    },
  );

  it("reads those of the bundled model whole", () => {
    expect(robustness(robust)?.shifts.every(({ sensitivity }) => sensitivity !== null)).toBe(true);
    for (const { outcomes } of outsideGroups(outside)) {
      expect(Object.values(outcomes).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    }
    for (const { right, corner, cornerChance, borders } of slideEvidence(explain)) {
      expect([right, corner, cornerChance]).not.toContain(null);
      expect(borders[0]?.distance).toBe(1);
    }
    expect(blurSteps(limits)[0]?.sigma).toBe(0);
  });
});
