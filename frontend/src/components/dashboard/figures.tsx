"use client";

import { useTranslations } from "next-intl";
import { useQuantileText } from "@/components/dashboard/service-figures";
import { useNumberFormat } from "@/components/dashboard/use-number-format";
import type { Statistics } from "@/lib/api/schema";
import { isTooFewForP95, LEAST_FOR_P95, shareOf } from "@/lib/statistics/statistics";

/** The period in seven numbers. */
export function Figures({ statistics }: { statistics: Statistics }) {
  const t = useTranslations("dashboard");
  const numbers = useNumberFormat();
  const quantile = useQuantileText();
  const { total, verdicts, latency, agreement } = statistics;
  const verdictShare = (count: number) => ({
    value: numbers.share(shareOf(count, total)),
    note: t("share_of", { count, total }),
  });
  const { patches, regions, duplicates } = statistics;
  const slowest = isTooFewForP95(latency)
    ? { name: t("slowest"), note: t("slowest_note", { least: LEAST_FOR_P95 }) }
    : { name: t("p95"), note: latency.computed > 0 ? t("time_worst") : "" };
  const figures = [
    {
      name: t("results"),
      value: numbers.count(total),
      note: t("results_parts", { patches, regions, duplicates }),
    },
    { name: t("malignant_share"), ...verdictShare(verdicts.malignant) },
    { name: t("uncertain_share"), ...verdictShare(verdicts.uncertain) },
    {
      name: t("not_assessable_share"),
      ...verdictShare(verdicts.not_assessable),
    },
    {
      name: t("median"),
      value: quantile("median_ms", latency),
      note: t("time_from", { computed: latency.computed }),
    },
    { ...slowest, value: quantile("p95_ms", latency) },
    {
      name: t("agreement"),
      value: numbers.share(agreement.agreement),
      note: t("agreement_of", {
        reviewed: agreement.reviewed,
        agree: agreement.agree,
        decided: agreement.agree + agreement.disagree,
      }),
    },
  ];
  return (
    <dl className={STRIP}>
      {figures.map(({ name, value, note }) => (
        <div key={name} className={FIGURE}>
          <dt className="text-muted text-sm">{name}</dt>
          <dd className="mt-1 font-semibold text-xl">{value}</dd>
          <dd className="text-muted text-xs">{note}</dd>
        </div>
      ))}
    </dl>
  );
}

export const STRIP = "grid grid-cols-2 gap-x-6 sm:grid-cols-4 xl:grid-cols-7";
export const FIGURE = "min-h-[6.5rem] border-t pt-3 pb-4";
