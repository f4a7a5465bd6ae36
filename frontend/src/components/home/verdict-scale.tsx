"use client";

import { useQuery } from "@tanstack/react-query";
import { ProbabilityScale } from "@/components/probability-scale";
import { modelQuery } from "@/lib/api/queries";
import type { PredictionResult } from "@/lib/api/schema";

/** An answer's probability beside the threshold and band of its operating point. */
export function VerdictScale({ result }: { result: PredictionResult }) {
  const { data: model } = useQuery(modelQuery);
  const point = model?.operatingPoints[result.operating_point ?? ""];
  return (
    <ProbabilityScale
      probability={result.probability}
      threshold={result.threshold}
      band={point ? { low: point.uncertain_low, high: point.uncertain_high } : null}
      verdict={result.verdict}
    />
  );
}
