import type { Focus, ImageFacts, PredictionResult, RegionResult } from "@/lib/api/schema";
import { patchSize, type Rect, type Size, scaleOf } from "@/lib/result/geometry";
import { type Ring, ringsOf } from "@/lib/result/rings";

/**
 * Foci at a custom threshold: tiles at or above it that are connected by their sides, as in the
 * service's `prediction/foci.py`.
 */

const PIXEL_DECIMALS = 3;
const MM_DECIMALS = 6;

type Cell = readonly [column: number, row: number];

/** The foci of a region at a threshold, most suspicious first; none for a patch. */
export function fociAt(
  { image, region, threshold: own }: Pick<PredictionResult, "image" | "region" | "threshold">,
  threshold: number,
): readonly Focus[] {
  if (!region) {
    return [];
  }
  const isKnown = threshold === own && region.foci.length > 0;
  const foci = isKnown ? region.foci : joined(image, region, threshold);
  return foci.toSorted(
    (one, other) =>
      other.peak_probability - one.peak_probability || (other.area_mm2 ?? 0) - (one.area_mm2 ?? 0),
  );
}

/** The upright rectangle around a focus, in pixels of the image. */
export function boundsOf({ polygon }: Pick<Focus, "polygon">): Rect {
  const outline = polygon[0] ?? [];
  const [xs, ys] = [outline.map(([x]) => x), outline.map(([, y]) => y)];
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

function joined(image: ImageFacts, region: RegionResult, threshold: number): readonly Focus[] {
  const cell = patchSize(image, scaleOf(region));
  return groupsOf(region.tiles, threshold).map((cells) => focusOf(cells, region, image, cell));
}

/** Cells at or above a threshold, in groups that are joined by their sides. */
function groupsOf(tiles: RegionResult["tiles"], threshold: number): readonly (readonly Cell[])[] {
  const isIn = (column: number, row: number) => (tiles[row]?.[column] ?? -1) >= threshold;
  const seen = new Set<number>();
  const columns = tiles[0]?.length ?? 0;
  const groupFrom = (column: number, row: number): readonly Cell[] => {
    const group: Cell[] = [];
    const waiting: Cell[] = [[column, row]];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [x, y] = next;
      const place = y * columns + x;
      if (x >= 0 && x < columns && isIn(x, y) && !seen.has(place)) {
        seen.add(place);
        group.push(next);
        waiting.push([x + 1, y], [x - 1, y], [x, y + 1], [x, y - 1]);
      }
    }
    return group;
  };
  return tiles
    .flatMap((line, row) => line.map((_, column) => groupFrom(column, row)))
    .filter((group) => group.length > 0);
}

function focusOf(
  cells: readonly Cell[],
  region: RegionResult,
  image: ImageFacts,
  cell: Size,
): Focus {
  const isKnown = image.scale_source !== "assumed";
  const tileMm = (region.tile_size_pixels * region.microns_per_pixel) / 1000;
  const mm: Size = { width: tileMm / cell.width, height: tileMm / cell.height };
  const rings = ringsOf(cells).map((ring) => placed(ring, image, cell));
  const area = cells.reduce((sum, [column, row]) => {
    const width = Math.min(cell.width, image.width - column * cell.width);
    const height = Math.min(cell.height, image.height - row * cell.height);
    return sum + width * mm.width * height * mm.height;
  }, 0);
  return {
    polygon: rings.map((ring) => ring.map(([x, y]) => [rounded(x), rounded(y)])),
    area_mm2: isKnown ? rounded(area, MM_DECIMALS) : null,
    largest_dimension_mm: isKnown ? rounded(longest(rings[0] ?? [], mm), MM_DECIMALS) : null,
    peak_probability: Math.max(...cells.map(([x, y]) => region.tiles[y]?.[x] ?? 0)),
  };
}

/** A ring in pixels of the image, cut at its edges. */
function placed(ring: Ring, { width, height }: Size, cell: Size): Ring {
  return ring.map(([column, row]) => [
    Math.min(column * cell.width, width),
    Math.min(row * cell.height, height),
  ]);
}

/** The longest distance between two corners of an outline, in mm. */
function longest(outline: Ring, mm: Size): number {
  const corners = extremes(outline);
  return corners.reduce(
    (most, [x, y]) =>
      corners.reduce(
        (more, [otherX, otherY]) =>
          Math.max(more, Math.hypot((x - otherX) * mm.width, (y - otherY) * mm.height)),
        most,
      ),
    0,
  );
}

/** The outermost corners of each row, which include all corners of the convex hull. */
function extremes(outline: Ring): Ring {
  const rows = new Map<number, { left: number; right: number }>();
  for (const [x, y] of outline) {
    const { left, right } = rows.get(y) ?? { left: x, right: x };
    rows.set(y, { left: Math.min(left, x), right: Math.max(right, x) });
  }
  return [...rows].flatMap(
    ([y, { left, right }]): Ring => [
      [left, y],
      [right, y],
    ],
  );
}

function rounded(value: number, decimals = PIXEL_DECIMALS): number {
  return Number(value.toFixed(decimals));
}
