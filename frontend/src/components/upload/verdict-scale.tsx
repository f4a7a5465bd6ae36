import { ProbabilityScale } from "@/components/shared/probability-scale";
import type { PredictionResult } from "@/lib/api/schema";
import { bandOfResult } from "@/lib/threshold/threshold";

/** A result's probability beside the threshold and band that it was judged with. */
export function VerdictScale({ result }: { result: PredictionResult }) {
  return (
    <ProbabilityScale
      probability={result.probability}
      threshold={result.threshold}
      band={bandOfResult(result)}
      verdict={result.verdict}
    />
  );
}
