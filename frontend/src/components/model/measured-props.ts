import type { ModelReport } from "@/lib/api/schema";
import type { ModelMetrics } from "@/lib/model/metrics";

export interface MeasuredProps {
  report: ModelReport;
  /** Null for a model without measured figures. */
  metrics: ModelMetrics | null;
}
