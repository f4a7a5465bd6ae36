"use client";

import { useTranslations } from "next-intl";
import { useId } from "react";
import { Bar, BarChart, CartesianGrid, Tooltip, XAxis, YAxis } from "recharts";
import { AXIS, CHART, GRID, Hint } from "@/components/dashboard/drawing";
import { useNumberFormat } from "@/components/dashboard/use-number-format";
import { FillDefinitions, VERDICT_STROKE } from "@/components/dashboard/verdict-fills";
import { VERDICTS } from "@/lib/history/filters";
import type { Counts } from "@/lib/statistics/statistics";

/** A bar's counts; `name` is its full name in the tooltip, `tick` its label below the axis. */
export type NamedCounts = Counts & { name: string; tick: string };

/** Counts by verdict as stacked bars, side by side. */
export default function VerdictBars({ rows }: { rows: readonly NamedCounts[] }) {
  const t = useTranslations("common.verdict");
  const { count } = useNumberFormat();
  const id = useId();
  return (
    <BarChart {...CHART} data={[...rows]} barCategoryGap="20%">
      <FillDefinitions id={id} />
      <CartesianGrid {...GRID} />
      <XAxis {...AXIS} dataKey="tick" interval="equidistantPreserveStart" minTickGap={16} />
      <YAxis {...AXIS} allowDecimals={false} width="auto" tickFormatter={count} />
      <Tooltip
        isAnimationActive={false}
        cursor={{ fill: "var(--color-raised)" }}
        content={({ payload }) => {
          const row: NamedCounts | undefined = payload[0]?.payload;
          return row ? (
            <Hint
              title={row.name}
              lines={VERDICTS.map((verdict) => ({ name: t(verdict), value: row[verdict] }))}
            />
          ) : null;
        }}
      />
      {VERDICTS.map((verdict) => (
        <Bar
          key={verdict}
          dataKey={verdict}
          stackId="verdicts"
          fill={`url(#${id}${verdict})`}
          stroke={VERDICT_STROKE[verdict]}
          isAnimationActive={false}
          maxBarSize={40}
        />
      ))}
    </BarChart>
  );
}
