import type { ModelFacts } from "@/lib/api/model-facts";
import type {
  HistoryItem,
  OperatingPoint,
  OperatingPointReport,
  PredictionResult,
  ThresholdFigures,
} from "@/lib/api/schema";

/** What a threshold means: figures measured on held-out cases, and what follows from them. */

/** The patches, of so many, that carcinoma and the verdict sort into four groups. */
export interface NaturalFrequencies {
  total: number;
  carcinoma: number;
  found: number;
  missed: number;
  others: number;
  falselyCalled: number;
  spared: number;
}

/** The chance that a verdict is right, 0 to 1; null where no patch would get that verdict. */
export interface PredictiveValues {
  positive: number | null;
  negative: number | null;
}

/** What a person chose: an operating point by its name, or a point of the curve by its index. */
export type Choice = string | number;

/** The figures of a choice, exactly as measured there. */
export interface Chosen extends Rule {
  /** Null where the threshold is a point of the curve. */
  name: string | null;
  sensitivity: number | null;
  specificity: number | null;
}

/** The rule that turns a probability into a verdict; a threshold of one's own has no band. */
export interface Rule {
  threshold: number;
  band: { low: number; high: number } | null;
}

/** Index of the measured threshold nearest to one, the lower of two equally near; -1 of none. */
export function nearestIndex(
  curve: readonly Pick<ThresholdFigures, "threshold">[],
  threshold: number,
): number {
  const distance = (index: number) => Math.abs((curve[index]?.threshold ?? 0) - threshold);
  return curve.reduce(
    (best, _, index) => (best < 0 || distance(index) < distance(best) ? index : best),
    -1,
  );
}

/** Whether a model is the very one that computed a result: of another revision its figures say nothing. */
export function isModelOf(
  model: Pick<ModelFacts, "revision">,
  result: Pick<HistoryItem, "model">,
): boolean {
  return model.revision === result.model.revision;
}

/** The figures of a result's operating point; null unless the model is the one that computed it. */
export function pointOf(
  model: Pick<ModelFacts, "revision" | "operatingPoints"> | undefined,
  result: Pick<HistoryItem, "model" | "operating_point">,
): OperatingPointReport | null {
  return model && isModelOf(model, result)
    ? (model.operatingPoints[result.operating_point ?? ""] ?? null)
    : null;
}

/** The inconclusive band of an operating point; null where there is none. */
export function bandOf(point: OperatingPoint | null | undefined): Rule["band"] {
  return point && point.uncertain_low < point.uncertain_high
    ? { low: point.uncertain_low, high: point.uncertain_high }
    : null;
}

/** The band that a result was judged with, which it states itself. */
export function bandOfResult({
  uncertain_band: band,
}: Pick<HistoryItem, "uncertain_band">): Rule["band"] {
  return band && { low: band[0], high: band[1] };
}

/**
 * What to begin with: the rule of a result, else the model's own operating point.
 *
 * A result of another revision has its threshold only, whatever its operating point is called.
 */
export function firstChoice(
  facts: Pick<
    ModelFacts,
    "revision" | "operatingPoints" | "defaultOperatingPoint" | "thresholdCurve"
  >,
  result?: Pick<HistoryItem, "model" | "operating_point" | "threshold">,
): Choice {
  const { operatingPoints, defaultOperatingPoint, thresholdCurve } = facts;
  if (result?.operating_point && pointOf(facts, result)) {
    return result.operating_point;
  }
  return !result && defaultOperatingPoint in operatingPoints
    ? defaultOperatingPoint
    : nearestIndex(thresholdCurve, result?.threshold ?? 0.5);
}

/** A choice with the band that a result states, where it is the rule which that was judged by. */
export function withBandOf(
  chosen: Chosen,
  result: Pick<HistoryItem, "operating_point" | "threshold" | "uncertain_band">,
): Chosen {
  const isItsRule = chosen.name === result.operating_point && chosen.threshold === result.threshold;
  return isItsRule ? { ...chosen, band: bandOfResult(result) } : chosen;
}

/** The figures of a choice; null where the model has none such. */
export function chosenOf(facts: ModelFacts, choice: Choice): Chosen | null {
  const isNamed = typeof choice === "string";
  const point = isNamed ? facts.operatingPoints[choice] : facts.thresholdCurve[choice];
  return point
    ? {
        name: isNamed ? choice : null,
        threshold: point.threshold,
        band: isNamed ? bandOf(facts.operatingPoints[choice]) : null,
        sensitivity: point.sensitivity,
        specificity: point.specificity,
      }
    : null;
}

/** The verdict on a probability; both ends of the band belong to it, as in the service. */
export function verdictBy(
  { threshold, band }: Rule,
  probability: number,
): Exclude<PredictionResult["verdict"], "not_assessable"> {
  if (band && band.low <= probability && probability <= band.high) {
    return "uncertain";
  }
  return probability >= threshold ? "malignant" : "benign";
}

/** On which side of a rule's threshold a tile lies, or that it lies in the band. */
export function sideOf(rule: Rule, probability: number): "at_or_above" | "below" | "inconclusive" {
  const verdict = verdictBy(rule, probability);
  return ({ malignant: "at_or_above", uncertain: "inconclusive", benign: "below" } as const)[
    verdict
  ];
}

/**
 * Bayes' theorem: the predictive values at a prevalence.
 *
 * Sensitivity, specificity and prevalence are shares, 0 to 1.
 */
export function predictiveValues(
  sensitivity: number,
  specificity: number,
  prevalence: number,
): PredictiveValues {
  const found = sensitivity * prevalence;
  const missed = (1 - sensitivity) * prevalence;
  const falselyCalled = (1 - specificity) * (1 - prevalence);
  const spared = specificity * (1 - prevalence);
  return {
    positive: share(found, found + falselyCalled),
    negative: share(spared, spared + missed),
  };
}

/**
 * A calibrated probability at another prevalence than it assumes: the odds change as the prior odds do.
 *
 * All are shares; null where the prevalence is 0 or 1, which leaves nothing to tell.
 */
export function probabilityAt(
  probability: number,
  assumed: number,
  prevalence: number,
): number | null {
  if (prevalence <= 0 || prevalence >= 1) {
    return null;
  }
  const ratio = (prevalence * (1 - assumed)) / ((1 - prevalence) * assumed);
  return share(probability * ratio, probability * ratio + (1 - probability));
}

/** The predictive values as whole patches of `total`; every group's parts add up to the group. */
export function naturalFrequencies(
  sensitivity: number,
  specificity: number,
  prevalence: number,
  total = 1000,
): NaturalFrequencies {
  const carcinoma = Math.round(total * prevalence);
  const others = total - carcinoma;
  const found = Math.round(carcinoma * sensitivity);
  const spared = Math.round(others * specificity);
  const [missed, falselyCalled] = [carcinoma - found, others - spared];
  return { total, carcinoma, found, missed, others, falselyCalled, spared };
}

/** A percentage as a person types it, with point or comma, as a share; null if it is none. */
export function parsePercentage(text: string): number | null {
  const plain = text.trim().replace(/\s*%$/, "").replace(",", ".");
  const value = /^(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : Number.NaN;
  return value >= 0 && value <= 100 ? value / 100 : null;
}

function share(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}
