"use client";

import { useQuery } from "@tanstack/react-query";
import { ProbabilityScale } from "@/components/shared/probability-scale";
import { modelQuery } from "@/lib/api/queries";
import type { PredictionResult } from "@/lib/api/schema";
import { bandOf, pointOf } from "@/lib/threshold/threshold";

/** A result's probability beside the threshold and band of its operating point. */
export function VerdictScale({ result }: { result: PredictionResult }) {
  const { data: model } = useQuery(modelQuery);
  return (
    <ProbabilityScale
      probability={result.probability}
      threshold={result.threshold}
      band={bandOf(pointOf(model, result))}
      verdict={result.verdict}
    />
  );
}
