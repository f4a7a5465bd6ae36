import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { modelQuery } from "@/lib/api/queries";
import type { PredictionResult } from "@/lib/api/schema";
import {
  bandOfResult,
  type Choice,
  chosenOf,
  type Rule,
  withBandOf,
} from "@/lib/threshold/threshold";

/** The chosen threshold of a result's page. */
export interface ThresholdState {
  rule: Rule;
  /** Whether it is another one than the result was judged with. */
  isMoved: boolean;
  /** Null until one is chosen, which means the result's own. */
  choice: Choice | null;
  choose: (choice: Choice | null) => void;
}

/** The state of a result's threshold, which begins with its own. */
export function useThreshold(result: PredictionResult): ThresholdState {
  const { data: model } = useQuery(modelQuery);
  const [choice, choose] = useState<Choice | null>(null);
  const rule = useMemo((): Rule => {
    const chosen = model && choice !== null ? chosenOf(model, choice) : null;
    return chosen
      ? withBandOf(chosen, result)
      : { threshold: result.threshold, band: bandOfResult(result) };
  }, [model, choice, result]);
  return { rule, isMoved: rule.threshold !== result.threshold, choice, choose };
}
