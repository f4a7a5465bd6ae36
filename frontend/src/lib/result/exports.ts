import type { PredictionResult } from "@/lib/api/schema";

/** `biopsia_` and the random end of the id, as the API names its exports. */
export function fileName(id: string, extension: string): string {
  return `biopsia_${id.slice(-12)}.${extension}`;
}

/** The result as the API gave it, for one that the API has not saved. */
export function resultJson(result: PredictionResult): string {
  return `${JSON.stringify(result, null, 2)}\n`;
}
