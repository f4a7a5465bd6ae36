import type { Size } from "@/lib/result/geometry";

/** Outlines that a person drew elsewhere, in pixels of the image, as QuPath writes GeoJSON. */

/** Closed rings: an outline, then its holes. */
export type Polygon = readonly (readonly (readonly [x: number, y: number])[])[];

/** Why nothing of a file can be drawn: no outlines, all of them outside the image, or too much. */
export class NoAnnotations extends Error {
  constructor(readonly reason: "none" | "outside" | "too_large") {
    super(reason);
  }
}

export interface FoundAnnotations {
  polygons: readonly Polygon[];
  /** How many others lie outside the image. */
  outside: number;
}

const LEAST_RING = 4;

/**
 * The polygons of a GeoJSON text: of a feature, of a collection, or of a bare list of features.
 *
 * @throws NoAnnotations where the text is none, or holds no polygon within the image.
 */
export function annotationsOf(text: string, image: Size): FoundAnnotations {
  const all = polygonsOf(parsed(text));
  const polygons = all.filter((polygon) => touches(polygon, image));
  if (polygons.length === 0) {
    throw new NoAnnotations(all.length === 0 ? "none" : "outside");
  }
  return { polygons, outside: all.length - polygons.length };
}

/** Whether the upright rectangle around a polygon has a part of the image. */
function touches([outline = []]: Polygon, { width, height }: Size): boolean {
  const isAcross = (place: 0 | 1, end: number) =>
    outline.some((point) => point[place] <= end) && outline.some((point) => point[place] >= 0);
  return isAcross(0, width) && isAcross(1, height);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new NoAnnotations("none");
  }
}

function polygonsOf(value: unknown): readonly Polygon[] {
  if (Array.isArray(value)) {
    return value.flatMap(polygonsOf);
  }
  const { features, geometry, geometries, type, coordinates } = (value ?? {}) as Readonly<
    Record<string, unknown>
  >;
  switch (type) {
    case "FeatureCollection":
      return polygonsOf(features);
    case "Feature":
      return polygonsOf(geometry);
    case "GeometryCollection":
      return polygonsOf(geometries);
    case "Polygon":
      return isPolygon(coordinates) ? [coordinates] : [];
    case "MultiPolygon":
      return Array.isArray(coordinates) ? coordinates.filter(isPolygon) : [];
    default:
      return [];
  }
}

function isPolygon(value: unknown): value is Polygon {
  return Array.isArray(value) && value.length > 0 && value.every(isRing);
}

function isRing(value: unknown): boolean {
  return Array.isArray(value) && value.length >= LEAST_RING && value.every(isPoint);
}

function isPoint(value: unknown): boolean {
  return Array.isArray(value) && Number.isFinite(value[0]) && Number.isFinite(value[1]);
}
