import type { ImageFacts, PredictionResult, RegionResult } from "@/lib/api/schema";

/**
 * Positions of the model's patches in an uploaded image. All lengths are pixels of that image, from
 * its upper left corner, unless a name says otherwise.
 */

export interface Size {
  width: number;
  height: number;
}

export interface Rect extends Size {
  x: number;
  y: number;
}

/** The model's field: `patchSizePixels` at `micronsPerPixel`. */
export interface ModelScale {
  patchSizePixels: number;
  micronsPerPixel: number;
}

/** The facts needed to find positions in an image. */
export type ScaledImage = Pick<
  ImageFacts,
  "width" | "height" | "microns_per_pixel" | "microns_per_pixel_xy"
>;

export interface Place {
  row: number;
  column: number;
}

/** One tissue tile of a region; its row and column count from 1. */
export interface Tile extends Rect, Place {
  /** Calibrated probability of carcinoma. */
  probability: number;
}

/**
 * The area of the activation map: whole patches, which may extend beyond the image.
 *
 * @param scale The model's scale, which a region states itself; without it, a patch gives null.
 */
export function coveredSize(
  { image, region }: PredictionResult,
  scale: ModelScale | undefined,
): Size | null {
  const own = region ? scaleOf(region) : scale;
  if (!own) {
    return null;
  }
  const patch = patchSize(image, own);
  const { rows, columns } = region ?? { rows: 1, columns: 1 };
  return { width: columns * patch.width, height: rows * patch.height };
}

/** Side of a neighbourhood, in tiles. */
const NEIGHBOURHOOD_TILES = 3;

/** The neighbourhood of a result's probability; null if the region is smaller than one. */
export function probabilityKind({
  region,
}: Pick<PredictionResult, "region">): "patch" | "region" | "small_region" {
  if (!region) {
    return "patch";
  }
  return Math.min(region.rows, region.columns) < NEIGHBOURHOOD_TILES ? "small_region" : "region";
}

/** The tissue tiles of a region, row by row, cut at the image's edge; none for a patch. */
export function tissueTiles({ image, region }: PredictionResult): readonly Tile[] {
  return (region?.tiles ?? []).flatMap((line, row) =>
    line.flatMap((probability, column) =>
      region && probability !== null
        ? [{ ...tileRect(image, region, { row, column }), probability }]
        : [],
    ),
  );
}

/** The tiles of a region without tissue, which were not scored. */
export function emptyTiles({ image, region }: PredictionResult): readonly Rect[] {
  return (region?.tiles ?? []).flatMap((line, row) =>
    line.flatMap((probability, column) =>
      region && probability === null ? [tileRect(image, region, { row, column })] : [],
    ),
  );
}

/** A tile by its position, from 0, cut at the image's edge. */
function tileRect(image: ImageFacts, region: RegionResult, place: Place): Rect & Place {
  const { width, height } = patchSize(image, scaleOf(region));
  const [x, y] = [place.column * width, place.row * height];
  return {
    row: place.row + 1,
    column: place.column + 1,
    x,
    y,
    width: Math.min(width, image.width - x),
    height: Math.min(height, image.height - y),
  };
}

/** The sides of a patch; slightly unequal if the rescaled image was rounded to whole pixels. */
export function patchSize(
  image: ScaledImage,
  { patchSizePixels, micronsPerPixel }: ModelScale,
): Size {
  const [across, down] = imageScale(image);
  const side = (pixels: number, scale: number) =>
    (patchSizePixels * pixels) / roundHalfEven(pixels * (scale / micronsPerPixel));
  return { width: side(image.width, across), height: side(image.height, down) };
}

/** Micrometres per pixel in x and in y; results of earlier versions have one for both. */
export function imageScale(image: ScaledImage): [across: number, down: number] {
  return image.microns_per_pixel_xy ?? [image.microns_per_pixel, image.microns_per_pixel];
}

type Corner = Pick<Rect, "x" | "y">;

/** Distance of two points of the image in the tissue, in µm. */
export function distanceMicrons(image: ImageFacts, from: Corner, to: Corner): number {
  const [across, down] = imageScale(image);
  return Math.hypot((to.x - from.x) * across, (to.y - from.y) * down);
}

export function scaleOf(
  region: Pick<RegionResult, "tile_size_pixels" | "microns_per_pixel">,
): ModelScale {
  return { patchSizePixels: region.tile_size_pixels, micronsPerPixel: region.microns_per_pixel };
}

/** The cell of a grid over `covered` that contains a point, counted from 0; null outside. */
export function cellAt(
  point: { x: number; y: number },
  covered: Size,
  grid: { rows: number; columns: number },
): Place | null {
  const row = Math.floor((point.y / covered.height) * grid.rows);
  const column = Math.floor((point.x / covered.width) * grid.columns);
  const isInside = row >= 0 && column >= 0 && row < grid.rows && column < grid.columns;
  return isInside ? { row, column } : null;
}

/** The tile under a point of the image, the same object; null if there is none. */
export function tileAt(tiles: readonly Tile[], at: { x: number; y: number }): Tile | null {
  const holds = ({ x, y, width, height }: Tile) =>
    at.x >= x && at.y >= y && at.x < x + width && at.y < y + height;
  return tiles.find(holds) ?? null;
}

/** The most suspicious tiles, at most `count`; ties stay in row order. */
export function mostSuspicious(tiles: readonly Tile[], count: number): readonly Tile[] {
  return tiles.toSorted((one, other) => other.probability - one.probability).slice(0, count);
}

/** A segment of an outline, from one point to another. */
export type Segment = readonly [x: number, y: number, toX: number, toY: number];

/** The outline of the union of some tiles, without lines between neighbours. */
export function outlineOf(tiles: readonly Tile[]): readonly Segment[] {
  const places = new Set(tiles.map(({ row, column }) => `${row} ${column}`));
  const isOutside = (row: number, column: number) => !places.has(`${row} ${column}`);
  return tiles.flatMap(({ row, column, x, y, width, height }) => {
    const [right, bottom] = [x + width, y + height];
    const sides: readonly [boolean, Segment][] = [
      [isOutside(row - 1, column), [x, y, right, y]],
      [isOutside(row + 1, column), [x, bottom, right, bottom]],
      [isOutside(row, column - 1), [x, y, x, bottom]],
      [isOutside(row, column + 1), [right, y, right, bottom]],
    ];
    return sides.filter(([isEdge]) => isEdge).map(([, segment]) => segment);
  });
}

/** Python's rounding, as in the service. */
function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
