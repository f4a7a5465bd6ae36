import type { PredictionResult } from "@/lib/api/schema";

type Reasons = Pick<PredictionResult, "reasons">;

/** Whether a result is of a whole slide, for which the model has no verdict. */
export function isOfSlide({ reasons }: Reasons): boolean {
  return reasons.includes("slide_uncalibrated");
}

/** Whether only that keeps a result from a verdict: nothing is wrong with the image. */
export function isWithheldForSlide({ reasons }: Reasons): boolean {
  return reasons.length === 1 && isOfSlide({ reasons });
}
