import type { PredictionResult } from "@/lib/api/schema";
import { type Tile, tissueTiles } from "@/lib/result/geometry";
import type { Rgb } from "@/lib/result/inferno";

/** Files that take a result along. What they say is English and in fixed words, for programs. */

const CSV_END = "\r\n";

const TILE_COLUMNS = [
  "row",
  "column",
  "x_px",
  "y_px",
  "x_um",
  "y_um",
  "width_px",
  "height_px",
  "probability",
  "at_or_above_threshold",
] as const;

const PATCH_COLUMNS = [
  "id",
  "created_at",
  "image_sha256",
  "width_px",
  "height_px",
  "microns_per_pixel",
  "probability",
  "threshold",
  "at_or_above_threshold",
  "verdict",
  "model",
  "revision",
] as const;

const CLASSES: Readonly<Record<PredictionResult["verdict"], { name: string; color: Rgb }>> = {
  malignant: { name: "Malignant", color: [190, 88, 20] },
  benign: { name: "Benign", color: [0, 118, 128] },
  uncertain: { name: "Uncertain", color: [104, 100, 120] },
};

/** `biopsia_` and the random end of the id; its beginning is only the time. */
export function fileName(id: string, extension: string): string {
  return `biopsia_${id.slice(-12)}.${extension}`;
}

/** The answer as the API gives it. */
export function resultJson(result: PredictionResult): string {
  return `${JSON.stringify(result, null, 2)}\n`;
}

/** A region's tissue tiles, one to a line, rows and columns counted from 1; a patch in one line. */
export function resultCsv(result: PredictionResult): string {
  const lines = result.region ? tileLines(result) : [PATCH_COLUMNS, patchLine(result)];
  return lines.map((cells) => cells.join(",") + CSV_END).join("");
}

/**
 * The tiles as QuPath reads them (0.4 and later): polygons in pixels of the uploaded image, each
 * with a class and its measurements. A patch is one annotation.
 */
export function resultGeoJson(result: PredictionResult): string {
  const features = result.region
    ? tissueTiles(result).map((tile) => tileFeature(tile, result))
    : [patchFeature(result)];
  return `${JSON.stringify({ type: "FeatureCollection", features })}\n`;
}

function tileLines(result: PredictionResult): readonly (readonly (string | number | boolean)[])[] {
  const { microns_per_pixel: scale } = result.image;
  const lines = tissueTiles(result).map((tile) => [
    tile.row,
    tile.column,
    figure(tile.x),
    figure(tile.y),
    figure(tile.x * scale),
    figure(tile.y * scale),
    figure(tile.width),
    figure(tile.height),
    tile.probability,
    tile.probability >= result.threshold,
  ]);
  return [TILE_COLUMNS, ...lines];
}

function patchLine(result: PredictionResult): readonly (string | number | boolean)[] {
  const { image, model } = result;
  return [
    result.id,
    result.created_at,
    image.sha256,
    image.width,
    image.height,
    image.microns_per_pixel,
    result.probability,
    result.threshold,
    result.probability >= result.threshold,
    result.verdict,
    model.name,
    model.revision,
  ];
}

function tileFeature(tile: Tile, result: PredictionResult): object {
  const side = tile.probability >= result.threshold ? "malignant" : "benign";
  return feature(tile, {
    objectType: "tile",
    name: `row ${tile.row}, column ${tile.column}`,
    classification: CLASSES[side],
    measurements: { probability: tile.probability },
  });
}

function patchFeature(result: PredictionResult): object {
  const { width, height } = result.image;
  return feature(
    { x: 0, y: 0, width, height },
    {
      objectType: "annotation",
      name: `biopsia ${result.id}`,
      classification: CLASSES[result.verdict],
      measurements: { probability: result.probability, threshold: result.threshold },
    },
  );
}

function feature(
  { x, y, width, height }: Pick<Tile, "x" | "y" | "width" | "height">,
  properties: object,
): object {
  const [left, top, right, bottom] = [x, y, x + width, y + height].map(figure);
  const ring = [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
    [left, top],
  ];
  return { type: "Feature", geometry: { type: "Polygon", coordinates: [ring] }, properties };
}

/** Thousandths of a pixel are enough. */
function figure(value: number): number {
  return Math.round(1000 * value) / 1000;
}
