import type { ThresholdFigures } from "@/lib/api/schema";
import type { PlotPoint } from "@/lib/threshold/plot";

type Figures = Pick<ThresholdFigures, "sensitivity" | "specificity" | "precision">;

/** Position of figures in a plot of sensitivity against 1 - specificity; null if undefined. */
export function rocPoint({ sensitivity, specificity }: Figures): PlotPoint | null {
  return specificity === null ? null : { x: 1 - specificity, y: sensitivity };
}

/** Position of figures in a plot of precision against sensitivity; null if undefined. */
export function precisionRecallPoint({ sensitivity, precision }: Figures): PlotPoint | null {
  return sensitivity === null ? null : { x: sensitivity, y: precision };
}
