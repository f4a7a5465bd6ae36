/** Outlines that a person drew elsewhere, in pixels of the image, as QuPath writes GeoJSON. */

/** Closed rings: an outline, then its holes. */
export type Polygon = readonly (readonly (readonly [x: number, y: number])[])[];

/** Why a text holds no outlines. */
export class NoAnnotations extends Error {}

const LEAST_RING = 4;

/**
 * The polygons of a GeoJSON text: of a feature, of a collection, or of a bare list of features.
 *
 * @throws NoAnnotations where the text is none, or holds no polygon.
 */
export function annotationsOf(text: string): readonly Polygon[] {
  const polygons = polygonsOf(parsed(text));
  if (polygons.length === 0) {
    throw new NoAnnotations("no polygons");
  }
  return polygons;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new NoAnnotations("no JSON");
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
