import type { Bin, DayCounts, Statistics, VerdictCounts } from "@/lib/api/schema";
import { addDays, type Day, daysBetween } from "@/lib/dates/dates";

/** Counts by verdict. */
export type Counts = Pick<VerdictCounts, "malignant" | "uncertain" | "benign" | "not_assessable">;

const LONGEST_DAYS = 366;
const NONE: Counts = { malignant: 0, uncertain: 0, benign: 0, not_assessable: 0 };

export function totalOf({ malignant, uncertain, benign, not_assessable }: Counts): number {
  return malignant + uncertain + benign + not_assessable;
}

/** A share of a whole, from 0 to 1; null if the whole is 0. */
export function shareOf(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

/**
 * The counts of every day of a period, those without predictions too.
 *
 * An open end is the first day with predictions, or today. A period of more than a leap year is
 * narrowed to the days from the first to the last with predictions.
 */
export function everyDay(
  days: readonly DayCounts[],
  bounds: { from: Day | null; to: Day | null },
  today: Day,
): DayCounts[] {
  const earliest = days[0]?.day ?? today;
  const latest = days.at(-1)?.day ?? today;
  const first = bounds.from ?? earliest;
  const last = bounds.to ?? (latest > today ? latest : today);
  const isLong = addDays(first, LONGEST_DAYS) <= last;
  const known = new Map(days.map((counts) => [counts.day, counts]));
  const shown = isLong ? daysBetween(earliest, latest) : daysBetween(first, last);
  return shown.map((day) => known.get(day) ?? { day, ...NONE });
}

/** The one with most predictions, the earliest of ties; null without predictions. */
export function busiest<T extends Counts>(rows: readonly T[]): T | null {
  const most = Math.max(0, ...rows.map(totalOf));
  return most === 0 ? null : (rows.find((row) => totalOf(row) === most) ?? null);
}

/** The bin with most predictions, the lowest of ties; null without predictions. */
export function fullestBin(bins: readonly Bin[]): Bin | null {
  const most = Math.max(0, ...bins.map(({ count }) => count));
  return most === 0 ? null : (bins.find(({ count }) => count === most) ?? null);
}

/** Reviews by kind, the same order everywhere. */
export function reviewCounts({ agreement }: Statistics) {
  return [
    { opinion: "agree", count: agreement.agree },
    { opinion: "disagree", count: agreement.disagree },
    { opinion: "unsure", count: agreement.unsure },
    { opinion: "not_assessable", count: agreement.not_assessable },
  ] as const;
}

/** With fewer results the service's 95th percentile is the slowest one. */
export const LEAST_FOR_P95 = 20;

export function isTooFewForP95({ computed }: Pick<Statistics["latency"], "computed">): boolean {
  return computed > 0 && computed < LEAST_FOR_P95;
}

/** A quantile of the computed results' durations. */
export type QuantileTime =
  | { kind: "measured"; ms: number }
  /** Longer than the measured range. */
  | { kind: "beyond"; ms: number }
  /** No result was computed: all came from the cache. */
  | { kind: "none" };

export function quantileTime(
  quantile: "median_ms" | "p95_ms",
  latency: Statistics["latency"],
): QuantileTime {
  const ms = latency[quantile];
  if (ms !== null) {
    return { kind: "measured", ms };
  }
  return latency.computed > 0 ? { kind: "beyond", ms: latency.limit_ms } : { kind: "none" };
}
