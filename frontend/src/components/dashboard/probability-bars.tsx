"use client";

import { useTranslations } from "next-intl";
import { Bar, BarChart, CartesianGrid, ReferenceLine, Tooltip, XAxis, YAxis } from "recharts";
import { AXIS, CHART, GRID, Hint } from "@/components/dashboard/drawing";
import { useNumberFormat } from "@/components/dashboard/use-number-format";
import type { Bin } from "@/lib/api/schema";

const TICKS = [0, 0.2, 0.4, 0.6, 0.8, 1];

interface ProbabilityBarsProps {
  bins: readonly Bin[];
  thresholds: readonly number[];
}

/** How often each probability was computed, with lines at the thresholds. */
export default function ProbabilityBars({ bins, thresholds }: ProbabilityBarsProps) {
  const t = useTranslations("dashboard");
  const numbers = useNumberFormat();
  const rows = bins.map((bin) => ({ ...bin, middle: (bin.low + bin.high) / 2 }));
  return (
    <BarChart {...CHART} margin={{ ...CHART.margin, top: 20 }} data={rows} barCategoryGap={1}>
      <CartesianGrid {...GRID} />
      <XAxis
        {...AXIS}
        dataKey="middle"
        type="number"
        domain={[0, 1]}
        ticks={TICKS}
        tickFormatter={(value: number) => numbers.count(value)}
      />
      <YAxis {...AXIS} allowDecimals={false} width="auto" tickFormatter={numbers.count} />
      <Tooltip
        isAnimationActive={false}
        cursor={false}
        content={({ payload }) => {
          const bin: Bin | undefined = payload[0]?.payload;
          return bin ? (
            <Hint
              title={`${numbers.probability(bin.low)} – ${numbers.probability(bin.high)}`}
              lines={[{ name: t("count"), value: bin.count }]}
            />
          ) : null;
        }}
      />
      <Bar dataKey="count" fill="var(--color-accent)" isAnimationActive={false} />
      {thresholds.map((threshold) => (
        <ReferenceLine
          key={threshold}
          x={threshold}
          stroke="var(--color-ink)"
          strokeWidth={1.5}
          strokeDasharray="4 3"
          label={{
            value: numbers.probability(threshold),
            position: "top",
            fill: "var(--color-ink)",
            fontSize: 12,
          }}
        />
      ))}
    </BarChart>
  );
}
