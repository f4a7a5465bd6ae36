import { evidenceTint, FULL_SCALE_LOGIT, tileTint } from "@/lib/result/colours";
import type { Size } from "@/lib/result/geometry";

/** Values, row by row; null where there is no tissue. */
export type Grid = readonly (readonly (number | null)[])[];

/** Pixels in canvas format: red, green, blue and opacity, each 0 to 255, row by row. */
export interface Raster extends Size {
  data: Uint8ClampedArray<ArrayBuffer>;
}

/** Numbers, row by row; NaN for none. */
interface Plane extends Size {
  values: Float64Array;
}

// Smooth enough to be stretched over a screen, and computed in some milliseconds.
const MAX_SIDE = 1024;
const MAX_PIXELS_PER_CELL = 32;
const LEVELS = 255;
// The parameter of OpenCV's cubic interpolation.
const CUBIC = -0.75;

/** One pixel for each tile, by probability and threshold; clear without tissue. */
export function tileRaster(tiles: Grid, threshold: number): Raster {
  const { width, height, values } = planeOf(tiles);
  const data = new Uint8ClampedArray(4 * values.length);
  values.forEach((value, place) => {
    if (!Number.isNaN(value)) {
      const { colour, opacity } = tileTint(value, threshold);
      data.set([...colour, Math.round(255 * opacity)], 4 * place);
    }
  });
  return { width, height, data };
}

// White over tissue that is not scored yet.
const VEIL = [255, 255, 255, 140];

/** Tiles as in `tileRaster`, with a veil over tissue without a value yet. */
export function progressRaster(
  tiles: Grid,
  tissue: readonly (readonly boolean[])[],
  threshold: number,
): Raster {
  const raster = tileRaster(tiles, threshold);
  tissue.forEach((line, row) => {
    line.forEach((isTissue, column) => {
      if (isTissue && (tiles[row]?.[column] ?? null) === null) {
        raster.data.set(VEIL, 4 * (row * raster.width + column));
      }
    });
  });
  return raster;
}

/** One pixel for each cell of the activation map; clear without evidence of carcinoma. */
export function cellRaster(grid: Grid): Raster {
  return paint(planeOf(grid));
}

/**
 * The activation map enlarged as the service does it: cubic between the centres of the cells, with
 * negative evidence too, so that positive neighbours do not spread into it.
 */
export function evidenceRaster(grid: Grid): Raster {
  const cells = planeOf(grid);
  cells.values.forEach((value, place) => {
    cells.values[place] = Math.max(-FULL_SCALE_LOGIT, Math.min(value || 0, FULL_SCALE_LOGIT));
  });
  const factor = Math.floor(MAX_SIDE / Math.max(cells.width, cells.height));
  const times = Math.max(1, Math.min(MAX_PIXELS_PER_CELL, factor));
  const wide = widened(cells, times);
  const smooth = transposed(widened(transposed(wide), times));
  return cleared(paint(smooth), grid, times);
}

function planeOf(grid: Grid): Plane {
  const values = Float64Array.from(grid.flat(), (value) => value ?? Number.NaN);
  return { width: grid[0]?.length ?? 0, height: grid.length, values };
}

function paint(plane: Plane): Raster {
  const table = new Uint8ClampedArray(4 * (LEVELS + 1));
  for (let level = 0; level <= LEVELS; level += 1) {
    const { colour, opacity } = evidenceTint((FULL_SCALE_LOGIT * level) / LEVELS);
    table.set([...colour, Math.round(255 * opacity)], 4 * level);
  }
  const data = new Uint8ClampedArray(4 * plane.values.length);
  // A whole pixel at a time, for speed: there are up to a million.
  const [tints, pixels] = [new Uint32Array(table.buffer), new Uint32Array(data.buffer)];
  plane.values.forEach((value, place) => {
    if (!Number.isNaN(value)) {
      const share = Math.max(0, Math.min(value, FULL_SCALE_LOGIT)) / FULL_SCALE_LOGIT;
      pixels[place] = tints[Math.round(LEVELS * share)] ?? 0;
    }
  });
  return { width: plane.width, height: plane.height, data };
}

/** A raster that is clear in cells without tissue. */
function cleared(raster: Raster, grid: Grid, times: number): Raster {
  grid.forEach((line, row) => {
    line.forEach((value, column) => {
      if (value === null) {
        for (let y = row * times; y < (row + 1) * times; y += 1) {
          const start = 4 * (y * raster.width + column * times);
          raster.data.fill(0, start, start + 4 * times);
        }
      }
    });
  });
  return raster;
}

/** A plane enlarged by a factor; beyond its edges the outermost values are repeated. */
function widened({ width, height, values }: Plane, times: number): Plane {
  const wide = new Float64Array(width * times * height);
  for (let x = 0; x < width * times; x += 1) {
    const place = (x + 0.5) / times - 0.5;
    const left = Math.floor(place);
    cubicWeights(place - left).forEach((weight, tap) => {
      const column = Math.min(Math.max(left - 1 + tap, 0), width - 1);
      for (let y = 0; y < height; y += 1) {
        const to = y * width * times + x;
        wide[to] = (wide[to] ?? 0) + weight * (values[y * width + column] ?? 0);
      }
    });
  }
  return { width: width * times, height, values: wide };
}

function transposed({ width, height, values }: Plane): Plane {
  const turned = new Float64Array(values.length);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      turned[column * height + row] = values[row * width + column] ?? 0;
    }
  }
  return { width: height, height: width, values: turned };
}

/** Weights of the four neighbours of a point at `part` of the way from the second to the third. */
function cubicWeights(part: number): readonly number[] {
  const near = (distance: number) =>
    ((CUBIC + 2) * distance - (CUBIC + 3)) * distance * distance + 1;
  const far = (distance: number) =>
    ((CUBIC * distance - 5 * CUBIC) * distance + 8 * CUBIC) * distance - 4 * CUBIC;
  return [far(part + 1), near(part), near(1 - part), far(2 - part)];
}
