import type { PredictionResult } from "@/lib/api/schema";

/**
 * Whether a result is in the history or will be: one that will be saved later has `saved: false`
 * and the warning that the history is unavailable.
 */
export function hasRecord(result: Pick<PredictionResult, "saved" | "warnings">): boolean {
  return result.saved || result.warnings.some(({ code }) => code === "save_delayed");
}
