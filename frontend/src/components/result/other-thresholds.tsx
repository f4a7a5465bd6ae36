"use client";

import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { NotLoaded } from "@/components/shared/not-loaded";
import { WhenNear } from "@/components/shared/when-near";
import type { ThresholdState } from "@/components/threshold/use-threshold";
import type { PredictionResult } from "@/lib/api/schema";

const ThresholdExplorer = dynamic(() =>
  import("@/components/threshold/threshold-explorer")
    .then((module) => module.ThresholdExplorer)
    .catch(() => NotLoaded),
);

interface OtherThresholdsProps {
  result: PredictionResult;
  threshold: ThresholdState;
}

/** The verdict at other thresholds; loaded when scrolled into view. */
export function OtherThresholds({ result, threshold }: OtherThresholdsProps) {
  const t = useTranslations("result.thresholds");
  return (
    <section className="border-t pt-6 lg:col-span-full print:hidden">
      <h2 className="mb-4 font-semibold text-lg">{t("title")}</h2>
      <WhenNear className="min-h-96">
        <ThresholdExplorer result={result} threshold={threshold} />
      </WhenNear>
    </section>
  );
}
