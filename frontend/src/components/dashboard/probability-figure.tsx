"use client";

import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useFormatter, useTranslations } from "next-intl";
import { ChartFigure } from "@/components/dashboard/chart-figure";
import { useNumberFormat } from "@/components/dashboard/use-number-format";
import { NotLoaded } from "@/components/shared/not-loaded";
import { NumberTable } from "@/components/shared/number-table";
import { WhenNear } from "@/components/shared/when-near";
import { useOperatingPointLabel } from "@/hooks/use-operating-point-label";
import { modelQuery } from "@/lib/api/queries";
import type { Bin } from "@/lib/api/schema";
import { fullestBin, shareOf } from "@/lib/statistics/statistics";

const ProbabilityBars = dynamic(
  () => import("@/components/dashboard/probability-bars").catch(() => ({ default: NotLoaded })),
  { ssr: false },
);

interface ProbabilitiesProps {
  bins: readonly Bin[];
}

/** How often each probability was computed, beside the thresholds of the model. */
export function Probabilities({ bins }: ProbabilitiesProps) {
  const t = useTranslations("dashboard");
  const numbers = useNumberFormat();
  const points = useThresholds();
  const most = fullestBin(bins);
  // Only results with a verdict are in the bins.
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  const { probability } = numbers;
  const table = (
    <NumberTable
      caption={t("probability.title")}
      columns={[t("probability.bin"), t("count"), t("share")]}
      rows={bins.map(({ low, high, count }) => ({
        key: String(low),
        name: `${probability(low)} – ${probability(high)}`,
        cells: [numbers.count(count), numbers.share(shareOf(count, total))],
      }))}
    />
  );
  return (
    <ChartFigure
      title={t("probability.title")}
      summary={
        most
          ? t("probability.summary", {
              low: probability(most.low),
              high: probability(most.high),
              count: most.count,
              total,
            })
          : t("probability.none")
      }
      table={table}
      height="h-72"
    >
      <div className="flex h-full flex-col gap-2">
        <p className="min-h-[1lh] text-xs">{points.text}</p>
        <WhenNear className="min-h-0 flex-1">
          <ProbabilityBars bins={bins} thresholds={points.thresholds} />
        </WhenNear>
      </div>
    </ChartFigure>
  );
}

function useThresholds(): { thresholds: readonly number[]; text: string } {
  const t = useTranslations("dashboard.probability");
  const format = useFormatter();
  const { probability } = useNumberFormat();
  const nameOf = useOperatingPointLabel();
  const { data: model } = useQuery(modelQuery);
  const points = Object.entries(model?.operatingPoints ?? {})
    .map(([name, { threshold }]) => ({ name, threshold }))
    .toSorted((one, other) => one.threshold - other.threshold);
  const list = points.map(({ name, threshold }) => `${nameOf(name)} ${probability(threshold)}`);
  return {
    thresholds: points.map(({ threshold }) => threshold),
    text: points.length > 0 ? t("thresholds", { list: format.list(list) }) : "",
  };
}
