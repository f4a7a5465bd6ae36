import type { PredictionResult, RegionResult } from "@/lib/api/schema";
import { patchSize, scaleOf, tissueTiles } from "@/lib/result/geometry";

/** The area of a region at or above a threshold. */
export interface RegionFigures {
  /** Null if the scale is assumed. */
  areaMm2: number | null;
  /** Share of the tissue's area, 0 to 1. */
  share: number;
  tilesAbove: number;
  tissueTiles: number;
}

const AREA_DECIMALS = 6;

/** The figures of a region at a threshold; at its own threshold they equal the service's. */
export function regionFiguresAt(
  result: PredictionResult,
  region: RegionResult,
  threshold: number,
): RegionFigures {
  const tiles = tissueTiles(result);
  const above = tiles.filter(({ probability }) => probability >= threshold);
  const counts = { tilesAbove: above.length, tissueTiles: tiles.length };
  if (threshold === result.threshold) {
    const { malignant_area_mm2: areaMm2, malignant_fraction: share } = region;
    return { areaMm2, share, ...counts };
  }
  const cell = patchSize(result.image, scaleOf(region));
  const cellMm2 = ((region.tile_size_pixels * region.microns_per_pixel) / 1000) ** 2;
  const pixelMm2 = cellMm2 / (cell.width * cell.height);
  const isKnown = result.image.scale_source !== "assumed";
  const areaOf = (some: typeof tiles) =>
    some.reduce((sum, tile) => sum + tile.width * tile.height, 0);
  const area = areaOf(above);
  return {
    areaMm2: isKnown ? Number((area * pixelMm2).toFixed(AREA_DECIMALS)) : null,
    share: area / areaOf(tiles),
    ...counts,
  };
}
