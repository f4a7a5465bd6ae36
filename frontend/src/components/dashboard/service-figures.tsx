"use client";

import { useTranslations } from "next-intl";
import { ChartFigure } from "@/components/dashboard/chart-figure";
import { useNumberFormat } from "@/components/dashboard/use-number-format";
import { NumberTable } from "@/components/shared/number-table";
import type { RevisionCount, Statistics } from "@/lib/api/schema";
import { isTooFewForP95, quantileTime, shareOf } from "@/lib/statistics/statistics";

const HEIGHT = "h-40";

/** Formats a quantile of the computed results' durations. */
export function useQuantileText() {
  const { duration, longerThan } = useNumberFormat();
  return (quantile: "median_ms" | "p95_ms", latency: Statistics["latency"]): string => {
    const time = quantileTime(quantile, latency);
    if (time.kind === "none") {
      return duration(null);
    }
    return time.kind === "beyond" ? longerThan(time.ms) : duration(time.ms);
  };
}

/** The median and the 95th percentile of the time to a result. */
export function ResultTimes({ latency }: Pick<Statistics, "latency">) {
  const t = useTranslations("dashboard.latency");
  const quantile = useQuantileText();
  const { median_ms, p95_ms } = latency;
  const measures = [
    { key: "median", name: t("median"), time: median_ms, text: quantile("median_ms", latency) },
    {
      key: "p95",
      name: t(isTooFewForP95(latency) ? "slowest" : "p95"),
      time: p95_ms,
      text: quantile("p95_ms", latency),
    },
  ];
  const table = (
    <NumberTable
      caption={t("title")}
      columns={[t("measure"), t("time")]}
      rows={measures.map(({ key, name, text }) => ({ key, name, cells: [text] }))}
    />
  );
  return (
    <ChartFigure
      title={t("title")}
      summary={t(latencySummary(latency), {
        median: quantile("median_ms", latency),
        p95: quantile("p95_ms", latency),
      })}
      height={HEIGHT}
      table={table}
    >
      <div className="grid gap-3">
        {measures.map(({ key, name, time, text }) => (
          <Length
            key={key}
            name={name}
            value={text}
            share={time === null ? null : shareOf(time, p95_ms ?? latency.limit_ms)}
          />
        ))}
        <p className="text-muted text-xs">{t("note")}</p>
      </div>
    </ChartFigure>
  );
}

/** Chooses the sentence about the times: none, beyond the measured range, or measured. */
function latencySummary(latency: Statistics["latency"]) {
  const { computed, median_ms, p95_ms } = latency;
  if (computed === 0) {
    return "summary_none";
  }
  if (isTooFewForP95(latency)) {
    return "summary_few";
  }
  return median_ms === null || p95_ms === null ? "summary_long" : "summary";
}

interface RevisionsProps {
  models: readonly RevisionCount[];
  total: number;
}

/** Which revisions of the model computed results, and how many. */
export function Revisions({ models, total }: RevisionsProps) {
  const t = useTranslations("dashboard");
  const numbers = useNumberFormat();
  const [first, ...others] = models.toSorted((one, other) => other.count - one.count);
  if (!first) {
    return null;
  }
  const ranked = [first, ...others];
  const table = (
    <NumberTable
      caption={t("models.title")}
      columns={[t("models.revision"), t("models.model"), t("count"), t("share")]}
      rows={ranked.map(({ name, revision, count }) => ({
        key: `${name} ${revision}`,
        name: revision,
        cells: [name, numbers.count(count), numbers.share(shareOf(count, total))],
      }))}
    />
  );
  return (
    <ChartFigure
      title={t("models.title")}
      summary={t("models.summary", {
        count: models.length,
        revision: first.revision,
        most: first.count,
        total,
      })}
      height={HEIGHT}
      table={table}
    >
      <div className="grid max-h-full gap-3 overflow-hidden">
        {ranked.map(({ name, revision, count }) => (
          <Length
            key={`${name} ${revision}`}
            name={revision}
            value={numbers.count(count)}
            share={shareOf(count, total)}
          />
        ))}
      </div>
    </ChartFigure>
  );
}

interface LengthProps {
  name: string;
  value: string;
  /** How much of the line is drawn, from 0 to 1. */
  share: number | null;
}

function Length({ name, value, share }: LengthProps) {
  return (
    <div className="text-sm">
      <p className="flex justify-between gap-3">
        <span className="truncate">{name}</span>
        <span>{value}</span>
      </p>
      <div className="mt-1 h-2 bg-raised">
        <div className="h-full bg-accent" style={{ width: `${100 * (share ?? 0)}%` }} />
      </div>
    </div>
  );
}
