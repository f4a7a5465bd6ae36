"use client";

import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { ChartFigure } from "@/components/dashboard/chart-figure";
import { useNumberFormat } from "@/components/dashboard/use-number-format";
import { VerdictLegend } from "@/components/dashboard/verdict-fills";
import { NotLoaded } from "@/components/shared/not-loaded";
import { NumberTable } from "@/components/shared/number-table";
import { WhenNear } from "@/components/shared/when-near";
import type { DayCounts, HourCounts } from "@/lib/api/schema";
import { VERDICTS } from "@/lib/history/filters";
import { busiest, type Counts, totalOf } from "@/lib/statistics/statistics";

const VerdictBars = dynamic(
  () => import("@/components/dashboard/verdict-bars").catch(() => ({ default: NotLoaded })),
  { ssr: false },
);

const HEIGHT = "h-72";

interface CountFigureProps {
  title: string;
  summary: string;
  /** Heading of the rows: a day, an hour. */
  unit: string;
  rows: readonly (Counts & { key: string; name: string; tick: string })[];
}

function CountFigure({ title, summary, unit, rows }: CountFigureProps) {
  const t = useTranslations("dashboard");
  const verdict = useTranslations("common.verdict");
  const { count } = useNumberFormat();
  const table = (
    <NumberTable
      caption={title}
      columns={[unit, ...VERDICTS.map((name) => verdict(name)), t("total")]}
      rows={rows.map((row) => ({
        key: row.key,
        name: row.name,
        cells: [...VERDICTS.map((name) => count(row[name])), count(totalOf(row))],
      }))}
    />
  );
  return (
    <ChartFigure title={title} summary={summary} table={table} height={HEIGHT}>
      <div className="flex h-full flex-col gap-2">
        <VerdictLegend />
        <WhenNear className="min-h-0 flex-1">
          <VerdictBars rows={rows} />
        </WhenNear>
      </div>
    </ChartFigure>
  );
}

/** Results of each day, by verdict. */
export function Days({ days }: { days: readonly DayCounts[] }) {
  const t = useTranslations("dashboard.days");
  const { shortDay, fullDay } = useNumberFormat();
  const most = busiest(days);
  return (
    <CountFigure
      title={t("title")}
      unit={t("day")}
      summary={
        most
          ? t("summary", {
              day: fullDay(most.day),
              count: totalOf(most),
              malignant: most.malignant,
            })
          : ""
      }
      rows={days.map((counts) => ({
        ...counts,
        key: counts.day,
        name: fullDay(counts.day),
        tick: shortDay(counts.day),
      }))}
    />
  );
}

/** Results of each hour of the day, by verdict. */
export function Hours({ hours }: { hours: readonly HourCounts[] }) {
  const t = useTranslations("dashboard.hours");
  const { count, hour } = useNumberFormat();
  const most = busiest(hours);
  return (
    <CountFigure
      title={t("title")}
      unit={t("hour")}
      summary={
        most
          ? t("summary", {
              from: hour(most.hour),
              to: hour(most.hour + 1),
              count: totalOf(most),
              malignant: most.malignant,
            })
          : ""
      }
      rows={hours.map((counts) => ({
        ...counts,
        key: String(counts.hour),
        name: hour(counts.hour),
        tick: count(counts.hour),
      }))}
    />
  );
}
