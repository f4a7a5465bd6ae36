import { interpolateInferno } from "d3-scale-chromatic";
import { describe, expect, test } from "vitest";
import { evidenceTint, overWhite, tileTint } from "@/lib/result/colours";
import { inferno } from "@/lib/result/inferno";
import { legendOf } from "@/lib/result/legend";
import { cellRaster, evidenceRaster, type Raster, tileRaster } from "@/lib/result/raster";
import { patch } from "./result-fixtures";

/** The largest distance of two colours in a channel. */
function distance(one: readonly number[], other: readonly number[]): number {
  return Math.max(...one.map((level, channel) => Math.abs(level - (other[channel] ?? 0))));
}

function pixel({ data, width }: Raster, row: number, column: number): readonly number[] {
  return [...data.slice(4 * (row * width + column), 4 * (row * width + column + 1))];
}

// Of OpenCV's COLORMAP_INFERNO, by index.
test.each([
  [0, [0, 0, 4]],
  [1, [1, 0, 5]],
  [37, [41, 11, 85]],
  [64, [87, 16, 110]],
  [100, [144, 37, 104]],
  [128, [188, 55, 84]],
  [190, [249, 139, 11]],
  [250, [245, 249, 146]],
  [255, [252, 255, 164]],
] as const)("colour %i is that of the service's map", (index, colour) => {
  expect(distance(inferno(index / 255), colour)).toBeLessThanOrEqual(1);
});

test("each of the 256 colours is d3's, which has the same map", () => {
  const differences = Array.from({ length: 256 }, (_, index) => {
    const hex = Number.parseInt(interpolateInferno(index / 255).slice(1), 16);
    return distance(inferno(index / 255), [hex >> 16, (hex >> 8) & 255, hex & 255]);
  });
  expect(Math.max(...differences)).toBeLessThanOrEqual(1);
});

test("beyond the scale colours stay what they are at its ends", () => {
  expect(inferno(-1)).toEqual(inferno(0));
  expect(inferno(7)).toEqual(inferno(1));
});

// What the service draws over white, for the same values.
test.each([
  [0, [255, 255, 255]],
  [(6 * 42) / 127, [226, 206, 223]],
  [6, [253, 255, 196]],
  [9, [253, 255, 196]],
  [-3, [255, 255, 255]],
] as const)("evidence of %d logits has the service's colour", (logit, colour) => {
  expect(distance(overWhite(evidenceTint(logit)), colour)).toBeLessThanOrEqual(2);
});

test.each([
  [1 / 255, [220, 220, 221]],
  [128 / 255, [232, 186, 196]],
  [1, [254, 255, 205]],
] as const)("a tile of probability %d has the service's colour", (probability, colour) => {
  expect(distance(overWhite(tileTint(probability)), colour)).toBeLessThanOrEqual(2);
});

describe("rasters", () => {
  test("a pixel for each tile, clear where there is no tissue", () => {
    const raster = tileRaster([[1, null]]);
    expect([raster.width, raster.height]).toEqual([2, 1]);
    expect(pixel(raster, 0, 0)).toEqual([252, 255, 164, Math.round(255 * 0.55)]);
    expect(pixel(raster, 0, 1)).toEqual([0, 0, 0, 0]);
  });

  test("a pixel for each cell, clear where evidence is against carcinoma", () => {
    const raster = cellRaster(patch().gradcam.grid);
    expect(pixel(raster, 1, 0)).toEqual([252, 255, 164, Math.round(255 * 0.65)]);
    expect(pixel(raster, 0, 2)[3]).toBe(0);
  });

  // Opacities of OpenCV's cubic enlargement of the same grid, 32 times.
  test.each([
    [0, 0, 0],
    [10, 40, 83],
    [20, 33, 62],
    [31, 50, 53],
    [40, 16, 130],
    [63, 95, 153],
    [5, 90, 0],
  ])("the enlarged map is OpenCV's at %i, %i", (row, column, opacity) => {
    const raster = evidenceRaster(patch().gradcam.grid);
    expect([raster.width, raster.height]).toEqual([96, 64]);
    expect(Math.abs((pixel(raster, row, column)[3] ?? 0) - opacity)).toBeLessThanOrEqual(1);
  });

  test("a map of one value is that value everywhere, and none without tissue", () => {
    const alike = evidenceRaster([
      [3, 3],
      [3, 3],
    ]);
    expect(new Set(alike.data.filter((_, place) => place % 4 === 3)).size).toBe(1);
    expect(Math.max(...evidenceRaster([[null, null]]).data.filter((_, p) => p % 4 === 3))).toBe(0);
  });
});

test("legends follow what is drawn", () => {
  expect(legendOf("evidence", 0.42).ticks).toEqual([
    { value: 0, place: 0 },
    { value: 2, place: 1 / 3 },
    { value: 4, place: 2 / 3 },
    { value: 6, place: 1 },
  ]);
  const tiles = legendOf("tiles", 0.42);
  expect(tiles.ticks.map(({ value }) => value)).toEqual([0, 0.42, 1]);
  expect(tiles.colours.at(-1)).toBe("rgb(253 255 205)");
});
