"use client";

import { Days, Hours } from "@/components/dashboard/count-figures";
import { Probabilities } from "@/components/dashboard/probability-figure";
import { ResultTimes, Revisions } from "@/components/dashboard/service-figures";
import { Reviews, Verdicts } from "@/components/dashboard/share-figures";
import { Part } from "@/components/shared/part";
import type { Statistics } from "@/lib/api/schema";
import type { Day } from "@/lib/dates/dates";
import { everyDay } from "@/lib/statistics/statistics";

interface ChartsProps {
  statistics: Statistics;
  bounds: { from: Day | null; to: Day | null };
  today: Day;
}

export function Charts({ statistics, bounds, today }: ChartsProps) {
  return (
    <div className={CHART_GRID}>
      <div className={FIRST}>
        <Part>
          <Verdicts verdicts={statistics.verdicts} />
        </Part>
        <Part>
          <Days days={everyDay(statistics.days, bounds, today)} />
        </Part>
      </div>
      <div className={HALVES}>
        <Part>
          <Probabilities bins={statistics.probability} />
        </Part>
        <Part>
          <Hours hours={statistics.hours} />
        </Part>
      </div>
      <div className={THIRDS}>
        <Part>
          <Reviews statistics={statistics} />
        </Part>
        <Part>
          <ResultTimes latency={statistics.latency} />
        </Part>
        <Part>
          <Revisions models={statistics.models} total={statistics.total} />
        </Part>
      </div>
    </div>
  );
}

export const CHART_GRID = "grid gap-6";
// Adjacent captions have the height of most long ones, so that the drawings below line up.
export const FIRST =
  "grid gap-x-8 gap-y-6 border-t [&_figcaption]:min-h-14 lg:grid-cols-[minmax(0,1fr)_minmax(0,3fr)]";
export const HALVES = "grid gap-x-8 gap-y-6 border-t [&_figcaption]:min-h-14 lg:grid-cols-2";
export const THIRDS =
  "grid gap-x-8 gap-y-6 border-t sm:grid-cols-2 lg:grid-cols-3 [&_figcaption]:min-h-18";
