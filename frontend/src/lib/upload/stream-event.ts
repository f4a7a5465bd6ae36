import { ApiError } from "@/lib/api/error";
import type {
  ErrorEvent,
  ImageEvent,
  StreamEvent,
  TilesEvent,
  TissueEvent,
} from "@/lib/api/schema";

/** Events before the result. */
export type ProgressEvent = ImageEvent | TissueEvent | TilesEvent;

type Fields = Readonly<Record<string, unknown>>;

/** For each kind of event, a check of the fields that this page reads. */
const IS_WHOLE: Readonly<Record<StreamEvent["event"], (fields: Fields) => boolean>> = {
  image: ({ width, height, microns_per_pixel, kind, scale_source }) =>
    [width, height, microns_per_pixel].every(isPositive) &&
    typeof kind === "string" &&
    typeof scale_source === "string",
  tissue: ({ rows, columns, tile_size_pixels, microns_per_pixel, tissue, total }) =>
    [rows, columns, tile_size_pixels, microns_per_pixel].every(isPositive) &&
    isCount(total) &&
    Array.isArray(tissue) &&
    tissue.length === rows &&
    tissue.every((line) => Array.isArray(line) && line.length === columns),
  tiles: ({ tiles, done, total }) =>
    isCount(done) && isCount(total) && Array.isArray(tiles) && tiles.every(isTile),
  result: ({ result }) => isObject(result) && typeof result.id === "string",
  error: ({ error }) => isObject(error) && typeof error.code === "string",
};

/**
 * One line of a streamed prediction; null for an unknown kind.
 *
 * @throws ApiError `internal_error` if the line is not an event, or lacks fields of its kind.
 */
export function readEvent(line: string): StreamEvent | null {
  const value = parsed(line);
  if (!isObject(value) || typeof value.event !== "string") {
    throw new ApiError("internal_error", "a line of the response is no event");
  }
  if (!isKnown(value.event)) {
    return null;
  }
  if (!IS_WHOLE[value.event](value)) {
    throw new ApiError("internal_error", `an event "${value.event}" is not whole`);
  }
  return value as unknown as StreamEvent;
}

/** The error that ended a stream. */
export function errorOfEvent({ error }: ErrorEvent): ApiError {
  return new ApiError(error.code, error.message, error.details);
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function isKnown(event: string): event is StreamEvent["event"] {
  return Object.hasOwn(IS_WHOLE, event);
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

function isPositive(value: unknown): boolean {
  return typeof value === "number" && value > 0;
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0;
}

function isTile(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length === 3 &&
    isCount(value[0]) &&
    isCount(value[1]) &&
    typeof value[2] === "number" &&
    value[2] >= 0 &&
    value[2] <= 1
  );
}
