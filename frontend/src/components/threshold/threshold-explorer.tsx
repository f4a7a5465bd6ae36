"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Problem } from "@/components/shared/problem";
import { VerdictMark } from "@/components/shared/verdict-badge";
import { ThresholdChart } from "@/components/threshold/threshold-chart";
import { ThresholdControl } from "@/components/threshold/threshold-control";
import { ThresholdFigures } from "@/components/threshold/threshold-figures";
import { useFigures } from "@/components/threshold/use-figures";
import type { ThresholdState } from "@/components/threshold/use-threshold";
import type { ModelFacts } from "@/lib/api/model-facts";
import { modelQuery } from "@/lib/api/queries";
import type { PredictionResult } from "@/lib/api/schema";
import {
  type Choice,
  type Chosen,
  chosenOf,
  firstChoice,
  isModelOf,
  verdictBy,
  withBandOf,
} from "@/lib/threshold/threshold";

interface ThresholdExplorerProps {
  /** The result for the threshold; without it only the model is shown. */
  result?: PredictionResult;
  /** The shared threshold of a result's page; without it the explorer has its own. */
  threshold?: Pick<ThresholdState, "choice" | "choose">;
}

/** A movable threshold with its figures on the held-out cases. */
export function ThresholdExplorer(props: ThresholdExplorerProps) {
  const t = useTranslations();
  const { data, error, refetch } = useQuery(modelQuery);
  if (!data) {
    return error ? (
      <Problem error={error} onRetry={refetch} />
    ) : (
      <p role="status" className="min-h-96 text-muted">
        {t("common.loading")}
      </p>
    );
  }
  return data.thresholdCurve.length > 0 ? (
    <Explorer facts={data} {...props} />
  ) : (
    <p className="text-muted">{t("threshold.no_curve")}</p>
  );
}

function Explorer({ facts, result, threshold }: ThresholdExplorerProps & { facts: ModelFacts }) {
  const t = useTranslations("threshold");
  const [own, setOwn] = useState<Choice | null>(null);
  const choice = (threshold ? threshold.choice : own) ?? firstChoice(facts, result);
  const plain = chosenOf(facts, choice);
  const chosen = plain && result ? withBandOf(plain, result) : plain;
  const probability = result?.probability;
  return (
    chosen && (
      <div className="@container">
        {result && !isModelOf(facts, result) && (
          <p className="mb-4 max-w-[70ch] text-sm">{t("other_revision")}</p>
        )}
        {result?.kind === "region" && (
          <p className="mb-4 max-w-[70ch] font-medium text-sm">{t("region")}</p>
        )}
        <div className="grid gap-8 @3xl:grid-cols-[minmax(0,1.7fr)_minmax(18rem,1fr)]">
          <div className="grid content-start gap-2">
            <ThresholdChart facts={facts} chosen={chosen} probability={probability} />
            <ThresholdControl
              facts={facts}
              chosen={chosen}
              onChoose={threshold?.choose ?? setOwn}
            />
            {result && <Verdict chosen={chosen} result={result} />}
          </div>
          <ThresholdFigures
            chosen={chosen}
            measuredPrevalence={facts.measuredPrevalence}
            assumedPrevalence={facts.assumedPrevalence}
            probability={result && isCalibrated(facts, result) ? result.probability : null}
          />
        </div>
        <div className="mt-6 grid max-w-[70ch] gap-2 text-muted text-sm">
          <p>{t("patches_not_patients")}</p>
          <p>{t("steps")}</p>
        </div>
      </div>
    )
  );
}

/** Whether a result's probability is the model's calibrated one, which only a patch's is. */
function isCalibrated(facts: ModelFacts, result: PredictionResult): boolean {
  const isJudged = result.verdict !== "not_assessable";
  return isJudged && result.kind === "patch" && isModelOf(facts, result);
}

function Verdict({ chosen, result }: { chosen: Chosen; result: PredictionResult }) {
  const t = useTranslations("threshold");
  const figures = useFigures();
  const { probability } = result;
  // No threshold makes an image assessable.
  const verdict =
    result.verdict === "not_assessable" ? result.verdict : verdictBy(chosen, probability);
  return (
    <p className="mt-2 flex items-baseline gap-2 border-accent border-l-2 pl-3">
      <VerdictMark verdict={verdict} />
      {t(`verdict.${verdict}`, {
        threshold: figures.threshold(chosen.threshold),
        probability: figures.probability(probability),
      })}
    </p>
  );
}
