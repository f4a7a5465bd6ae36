import { describe, expect, test } from "vitest";
import type { PredictionResult } from "@/lib/api/schema";
import { boundsOf, fociAt } from "@/lib/result/foci";
import { regionFiguresAt } from "@/lib/result/region-figures";
import { ringsOf } from "@/lib/result/rings";
import { region } from "./result-fixtures";

const X = 0.9;
const O = 0.1;

/** A region of tiles of 100 x 100 px at 2 µm/px, judged at 0.5. */
function regionOf(
  tiles: (number | null)[][],
  image: Partial<PredictionResult["image"]> = {},
): PredictionResult {
  const [rows, columns] = [tiles.length, tiles[0]?.length ?? 0];
  const base = region();
  return {
    ...base,
    threshold: 0.3,
    image: { ...base.image, width: 100 * columns, height: 100 * rows, ...image },
    region: base.region && { ...base.region, rows, columns, tiles, tiles_raw: tiles },
  };
}

function fociOf(tiles: (number | null)[][], image: Partial<PredictionResult["image"]> = {}) {
  return fociAt(regionOf(tiles, image), 0.5);
}

test("tiles are joined by their sides and not by their corners", () => {
  const [larger, smaller] = fociOf([
    [X, X, O],
    [O, X, O],
    [null, O, X],
  ]);
  const corners = [
    [0, 0],
    [200, 0],
    [200, 200],
    [100, 200],
    [100, 100],
    [0, 100],
  ];
  expect(larger?.polygon).toHaveLength(1);
  expect(larger?.polygon[0]).toHaveLength(7);
  expect(larger?.polygon[0]?.slice(1).toSorted()).toEqual(corners.toSorted());
  expect(larger?.polygon[0]?.at(-1)).toEqual(larger?.polygon[0]?.at(0));
  expect(boundsOf(smaller ?? { polygon: [] })).toEqual({ x: 200, y: 200, width: 100, height: 100 });
});

test("a ring has a hole, and its area", () => {
  const [focus] = fociOf([
    [X, X, X],
    [X, null, X],
    [X, X, X],
  ]);
  expect(focus?.polygon.map((ring) => ring.length)).toEqual([5, 5]);
  expect(focus?.area_mm2).toBeCloseTo(8 * 0.04, 9);
  expect(focus?.largest_dimension_mm).toBeCloseTo(0.6 * Math.SQRT2, 5);
});

test("a hole may touch the outline at a corner", () => {
  const rings = ringsOf(
    [
      [1, 0],
      [2, 0],
      [0, 1],
      [2, 1],
      [0, 2],
      [1, 2],
      [2, 2],
    ].map(([column = 0, row = 0]) => [column, row] as const),
  );
  expect(rings.map((ring) => ring.length)).toEqual([7, 5]);
  expect(new Set(rings[1]?.map(String))).toEqual(new Set(["1,1", "2,1", "2,2", "1,2"]));
});

test("the threshold itself counts, and the most suspicious is first", () => {
  const foci = fociOf([[0.5, 0.6, O, 0.75, 0.4999]]);
  expect(foci.map((focus) => focus.peak_probability)).toEqual([0.75, 0.6]);
});

test("the largest dimension runs between two corners of the outline", () => {
  const [angle] = fociOf([
    [X, X, X],
    [X, O, O],
    [X, O, O],
    [X, O, O],
  ]);
  expect(angle?.largest_dimension_mm).toBe(1);
});

test("a focus is cut at the image's edge, and has no size at an assumed scale", () => {
  const tiles = [
    [O, X],
    [O, X],
  ];
  const [cut] = fociOf(tiles, { width: 130, height: 120 });
  expect(boundsOf(cut ?? { polygon: [] })).toEqual({ x: 100, y: 0, width: 30, height: 120 });
  expect(cut?.area_mm2).toBeCloseTo((30 * 120 * 4) / 1e6, 9);
  const [unknown] = fociOf(tiles, { scale_source: "assumed" });
  expect([unknown?.area_mm2, unknown?.largest_dimension_mm]).toEqual([null, null]);
});

describe("at the result's own threshold", () => {
  test("foci and figures are the service's", () => {
    const result = region();
    const own = {
      polygon: [[[0, 0]]],
      area_mm2: 0.5,
      largest_dimension_mm: 1,
      peak_probability: 0.9,
    } as PredictionResult["region"] extends { foci: (infer F)[] } | null ? F : never;
    const known = { ...result, region: result.region && { ...result.region, foci: [own] } };
    expect(fociAt(known, known.threshold)).toEqual([own]);
    expect(fociAt(known, 0.2)).not.toContain(own);
    expect(result.region && regionFiguresAt(result, result.region, 0.42)).toEqual({
      areaMm2: 0.05,
      share: 0.5,
      tilesAbove: 3,
      tissueTiles: 5,
    });
  });
});

test("figures at another threshold count the tissue's tiles by their area", () => {
  const result = region();
  // Tiles of 100 x 100, 100 x 100, 100 x 30, 100 x 30 and 20 x 30 px, 4 µm² each.
  expect(result.region && regionFiguresAt(result, result.region, 0.6)).toEqual({
    areaMm2: 0.024,
    share: expect.closeTo(6000 / 26_600, 12),
    tilesAbove: 2,
    tissueTiles: 5,
  });
});
