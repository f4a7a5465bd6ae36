import type { PredictionResult } from "@/lib/api/schema";

/**
 * Whether a result is in the history or will be: one that is to be saved later says `saved: false`
 * and warns that the history is unavailable.
 */
export function hasRecord(result: Pick<PredictionResult, "saved" | "warnings">): boolean {
  return result.saved || result.warnings.some(({ code }) => code === "save_delayed");
}
