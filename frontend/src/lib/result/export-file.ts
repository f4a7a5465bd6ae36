import { apiPath } from "@/lib/api/client";
import { ApiError } from "@/lib/api/error";
import type { PredictionResult } from "@/lib/api/schema";
import { MAX_JSON_BYTES } from "@/lib/upload/request";

/** The API's export formats of a result. */
export const FORMATS = [
  { suffix: "geojson", name: "GeoJSON" },
  { suffix: "json", name: "JSON" },
  { suffix: "csv", name: "CSV" },
] as const;

type Suffix = (typeof FORMATS)[number]["suffix"];

/** `biopsia_` and the random end of the id, as the API names its exports. */
export function fileName(id: string, extension: string): string {
  return `biopsia_${id.slice(-12)}.${extension}`;
}

/**
 * The request for a result as a file: by its record, or by sending back one that was not saved.
 *
 * @throws ApiError `payload_too_large` if the result is larger than the site's host accepts.
 */
export function exportRequest(result: PredictionResult, suffix: Suffix): [string, RequestInit] {
  if (result.saved) {
    return [apiPath(`/history/${result.id}/export.${suffix}`), {}];
  }
  const body = JSON.stringify(withoutDrawings(result));
  if (new Blob([body]).size > MAX_JSON_BYTES) {
    throw new ApiError("payload_too_large", "the result is too large to send back");
  }
  const headers = { "Content-Type": "application/json" };
  return [apiPath(`/export.${suffix}`), { method: "POST", headers, body }];
}

/** As for exports of records. */
function withoutDrawings(result: PredictionResult): PredictionResult {
  return {
    ...result,
    gradcam: { ...result.gradcam, overlay: null },
    region: result.region && { ...result.region, heatmap: null },
  };
}
