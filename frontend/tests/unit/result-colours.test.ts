import { interpolateViridis } from "d3-scale-chromatic";
import { describe, expect, test } from "vitest";
import { colourOf, type Rgb, VIRIDIS_PART } from "@/lib/result/colour-map";
import { evidenceTint, MAX_OPACITY, overWhite, tileTint } from "@/lib/result/colours";
import { legendOf } from "@/lib/result/legend";
import {
  cellRaster,
  evidenceRaster,
  progressRaster,
  type Raster,
  tileRaster,
} from "@/lib/result/raster";
import { patch } from "./result-fixtures";

/** The largest distance of two colours in a channel. */
function distance(one: readonly number[], other: readonly number[]): number {
  return Math.max(...one.map((level, channel) => Math.abs(level - (other[channel] ?? 0))));
}

function pixel({ data, width }: Raster, row: number, column: number): readonly number[] {
  return [...data.slice(4 * (row * width + column), 4 * (row * width + column + 1))];
}

const { first, last } = VIRIDIS_PART;

function shareOf(index: number): number {
  return (index - first) / (last - first);
}

/** Hue in degrees, 0 red, 120 green, 240 blue. */
function hueOf([red, green, blue]: Rgb): number {
  const [most, least] = [Math.max(red, green, blue), Math.min(red, green, blue)];
  const part = (one: number, other: number, start: number) =>
    start + (60 * (one - other)) / (most - least);
  if (most === red) {
    return (part(green, blue, 0) + 360) % 360;
  }
  return most === green ? part(blue, red, 120) : part(red, green, 240);
}

/** Lightness as eyes see it, 0 to 100 (CIE L*). */
function lightnessOf(colour: Rgb): number {
  const [red, green, blue] = colour.map((level) =>
    level <= 10.31 ? level / 3294.6 : ((level / 255 + 0.055) / 1.055) ** 2.4,
  ) as [number, number, number];
  return 116 * Math.cbrt(0.2126 * red + 0.7152 * green + 0.0722 * blue) - 16;
}

// Of OpenCV's COLORMAP_VIRIDIS, by index.
test.each([
  [95, [44, 113, 142]],
  [128, [33, 145, 140]],
  [190, [90, 200, 100]],
  [230, [189, 223, 38]],
] as const)("colour %i is viridis's", (index, colour) => {
  expect(distance(colourOf(shareOf(index)), colour)).toBeLessThanOrEqual(1);
});

test("each colour is d3's, which has the same map", () => {
  const differences = Array.from({ length: last - first + 1 }, (_, step) => {
    const hex = Number.parseInt(interpolateViridis((first + step) / 255).slice(1), 16);
    return distance(colourOf(shareOf(first + step)), [hex >> 16, (hex >> 8) & 255, hex & 255]);
  });
  expect(Math.max(...differences)).toBeLessThanOrEqual(1);
});

test("no colour has a hue of haematoxylin or of eosin, and each is lighter than the one before", () => {
  const colours = Array.from({ length: 28 }, (_, step) => colourOf(step / 27));
  const hues = colours.map(hueOf);
  expect(Math.max(...hues)).toBeLessThan(205);
  expect(Math.min(...hues)).toBeGreaterThan(65);
  const lightness = colours.map(lightnessOf);
  expect(lightness).toEqual(lightness.toSorted((one, other) => one - other));
  expect(Math.max(...lightness) - Math.min(...lightness)).toBeGreaterThan(35);
});

test("beyond the scale colours stay what they are at its ends", () => {
  expect(colourOf(-1)).toEqual(colourOf(0));
  expect(colourOf(7)).toEqual(colourOf(1));
});

test("no tissue is covered more than 35 %", () => {
  expect(MAX_OPACITY).toBe(0.35);
  expect(evidenceTint(9).opacity).toBe(MAX_OPACITY);
  expect(evidenceTint(-3).opacity).toBe(0);
  expect(tileTint(1, 0.42).opacity).toBe(MAX_OPACITY);
});

test("a tile at the threshold is drawn in full, one just below it faintly", () => {
  expect(tileTint(0.42, 0.42).opacity).toBe(MAX_OPACITY);
  expect(tileTint(0.4199, 0.42).opacity).toBeLessThan(MAX_OPACITY / 2);
  expect(tileTint(0, 0.42).opacity).toBe(0);
});

describe("rasters", () => {
  test("a pixel for each tile, clear where there is no tissue", () => {
    const raster = tileRaster([[1, null]], 0.42);
    expect([raster.width, raster.height]).toEqual([2, 1]);
    expect(pixel(raster, 0, 0)).toEqual([189, 223, 38, Math.round(255 * 0.35)]);
    expect(pixel(raster, 0, 1)).toEqual([0, 0, 0, 0]);
  });

  test("a veil over tissue without a value, which clears with its value", () => {
    const tissue = [[true, true, false]];
    const raster = progressRaster([[null, 0, null]], tissue, 0.42);
    expect(pixel(raster, 0, 0)).toEqual([255, 255, 255, 140]);
    expect(pixel(raster, 0, 1)[3]).toBe(0);
    expect(pixel(raster, 0, 2)).toEqual([0, 0, 0, 0]);
    expect(progressRaster([[1, 0.5, null]], tissue, 0.42)).toEqual(
      tileRaster([[1, 0.5, null]], 0.42),
    );
  });

  test("a pixel for each cell, clear where evidence is against carcinoma", () => {
    const raster = cellRaster(patch().gradcam.grid);
    expect(pixel(raster, 1, 0)).toEqual([189, 223, 38, Math.round(255 * 0.35)]);
    expect(pixel(raster, 0, 2)[3]).toBe(0);
  });

  // Opacities of OpenCV's cubic enlargement of the same grid, 32 times, as the service draws them:
  // 65 % at most.
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
    const wanted = (opacity * MAX_OPACITY) / 0.65;
    expect(Math.abs((pixel(raster, row, column)[3] ?? 0) - wanted)).toBeLessThanOrEqual(1);
  });

  test("a map of one value is that value everywhere, and none without tissue", () => {
    const alike = evidenceRaster([
      [3, 3],
      [3, 3],
    ]);
    expect(new Set(alike.data.filter((_, place) => place % 4 === 3)).size).toBe(1);
    expect(Math.max(...evidenceRaster([[null, null]]).data.filter((_, p) => p % 4 === 3))).toBe(0);
  });

  test("a cell without tissue stays clear beside one with evidence", () => {
    const raster = evidenceRaster([[6, null, 6]]);
    const opacities = Array.from({ length: raster.width }, (_, x) => pixel(raster, 5, x)[3]);
    expect(new Set(opacities.slice(32, 64))).toEqual(new Set([0]));
    expect(opacities[16]).toBeGreaterThan(80);
    expect(opacities[31]).toBeGreaterThan(0);
  });
});

describe("legends", () => {
  test("have the values that are drawn", () => {
    expect(legendOf("evidence", 0.42).ticks).toEqual([
      { value: 0, place: 0 },
      { value: 2, place: 1 / 3 },
      { value: 4, place: 2 / 3 },
      { value: 6, place: 1 },
    ]);
    expect(legendOf("tiles", 0.42).ticks.map(({ value }) => value)).toEqual([0, 0.42, 1]);
  });

  test("step at the threshold, and are as strong as the map", () => {
    const { stops } = legendOf("tiles", 0.42);
    const at = stops.findIndex(({ place }) => place === 0.42);
    const colours = (opacity: number) => legendOf("tiles", 0.42, opacity).stops[at]?.colour;
    expect(colours(1)).toBe(`rgb(${overWhite(tileTint(0.42, 0.42)).join(" ")})`);
    expect(stops[at - 1]?.colour).toBe(`rgb(${overWhite(tileTint(0.42 - 1e-9, 0.42)).join(" ")})`);
    expect(colours(0)).toBe("rgb(255 255 255)");
    expect(stops.at(-1)?.colour).toBe(`rgb(${overWhite(tileTint(1, 0.42)).join(" ")})`);
  });
});
