/**
 * The measured figures of a model, read from the untyped dictionary `metrics` of `GET /model/`.
 * Figures that are missing or not numbers are left out without an error.
 */

import { type Confusion, confusionAt } from "@/lib/model/confusion";
import {
  type Dictionary,
  dictionary,
  entries,
  intervalOf,
  isDictionary,
  numberOf,
} from "@/lib/model/dictionary";
import { type ReliabilityBin, reliabilityBins } from "@/lib/model/reliability";

/** Metrics that depend on the threshold, in the order in which they are shown. */
export const VERDICT_METRICS = [
  "recall",
  "specificity",
  "precision",
  "f1",
  "balanced_accuracy",
  "accuracy",
] as const;

/** Metrics of the probability itself. */
export const SCORE_METRICS = ["roc_auc", "average_precision", "brier", "ece"] as const;

export type Metric = (typeof VERDICT_METRICS)[number] | (typeof SCORE_METRICS)[number];

/** A figure from 0 to 1, and its 95 % interval where one was measured. */
export interface Measure {
  value: number;
  interval: { low: number; high: number } | null;
}

export type Measures = Readonly<Partial<Record<Metric, Measure>>>;

/** Shares, 0 to 1: called uncertain, and wrong on either side if the band is ignored. */
export interface UncertainCost {
  fraction: number;
  errorInside: number | null;
  errorOutside: number | null;
}

export interface PointMeasures {
  name: string;
  measures: Measures;
  /** Null unless every case has its figures at this point. */
  confusion: Confusion | null;
  uncertain: UncertainCost | null;
}

/** One case on its own, at the model's default operating point; null is undefined. */
export interface CaseMeasures {
  id: string;
  patches: number;
  carcinoma: number;
  recall: number | null;
  specificity: number | null;
  balancedAccuracy: number | null;
}

export interface ModelMetrics {
  measures: Measures;
  /** Every case weighing the same, however many patches it has. */
  caseAveraged: Measures;
  points: readonly PointMeasures[];
  /** Bins of equal width that have patches, the lowest probability first. */
  reliability: readonly ReliabilityBin[];
  /** Lowest balanced accuracy first. */
  cases: readonly CaseMeasures[];
  casesCount: number | null;
  patches: number | null;
  split: string | null;
  /** Cases that weigh other than 1 in every figure. */
  caseWeights: readonly { id: string; weight: number }[];
}

const METRICS: readonly Metric[] = [...VERDICT_METRICS, ...SCORE_METRICS];

/** Read `metrics` of `GET /model/`; null for a model without measured figures. */
export function modelMetrics(metrics: unknown): ModelMetrics | null {
  if (!isDictionary(metrics)) {
    return null;
  }
  const dataset = dictionary(metrics.dataset);
  return {
    measures: measuresOf(metrics),
    caseAveraged: measuresOf(dictionary(metrics.case_averaged)),
    points: entries(metrics.operating_points).map(([name, point]) => ({
      name,
      measures: measuresOf(point),
      confusion: confusionAt(name, metrics.cases),
      uncertain: uncertainCost(dictionary(point.uncertain)),
    })),
    reliability: reliabilityBins(metrics.reliability),
    cases: casesOf(metrics.cases),
    casesCount: numberOf(metrics.cases_count),
    patches: numberOf(metrics.patches),
    split: typeof dataset.split === "string" ? dataset.split : null,
    caseWeights: Object.entries(dictionary(dataset.case_weights)).flatMap(([id, weight]) =>
      typeof weight === "number" ? [{ id, weight }] : [],
    ),
  };
}

/** Patches with carcinoma among all that were measured. */
export function carcinomaPatches({ cases }: ModelMetrics): number {
  return cases.reduce((sum, { carcinoma }) => sum + carcinoma, 0);
}

/** The quantile of figures, interpolated between neighbours; null without figures. */
export function quantile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((one, other) => one - other);
  const position = share * (sorted.length - 1);
  const low = sorted[Math.floor(position)];
  const high = sorted[Math.ceil(position)];
  return low === undefined || high === undefined ? null : low + (high - low) * (position % 1);
}

function measuresOf(figures: Dictionary): Measures {
  const intervals = dictionary(figures.intervals);
  return Object.fromEntries(
    METRICS.flatMap((metric) => {
      const value = numberOf(figures[metric]);
      return value === null ? [] : [[metric, { value, interval: intervalOf(intervals[metric]) }]];
    }),
  );
}

function uncertainCost(figures: Dictionary): UncertainCost | null {
  const fraction = numberOf(figures.fraction);
  return fraction === null
    ? null
    : {
        fraction,
        errorInside: numberOf(figures.error_rate_inside),
        errorOutside: numberOf(figures.error_rate_outside),
      };
}

function casesOf(cases: unknown): CaseMeasures[] {
  return entries(cases)
    .map(([id, figures]) => ({
      id,
      patches: numberOf(figures.patches) ?? 0,
      carcinoma: numberOf(figures.idc) ?? 0,
      recall: numberOf(figures.recall),
      specificity: numberOf(figures.specificity),
      balancedAccuracy: numberOf(figures.balanced_accuracy),
    }))
    .toSorted((one, other) => rank(one) - rank(other) || one.id.localeCompare(other.id));
}

// Cases without a defined balanced accuracy come last.
function rank({ balancedAccuracy }: CaseMeasures): number {
  return balancedAccuracy ?? 2;
}
