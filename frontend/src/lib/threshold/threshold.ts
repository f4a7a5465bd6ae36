import type { ModelFacts } from "@/lib/api/model-facts";
import type {
  HistoryItem,
  OperatingPoint,
  OperatingPointReport,
  PredictionResult,
  ThresholdFigures,
} from "@/lib/api/schema";

/** Figures of a threshold, measured on held-out cases, and values derived from them. */

/** Of a number of patches, how many fall into the four groups of class and verdict. */
export interface NaturalFrequencies {
  total: number;
  carcinoma: number;
  found: number;
  missed: number;
  others: number;
  falselyCalled: number;
  spared: number;
}

/** The probability that a verdict is right, 0 to 1; null if no patch would get that verdict. */
export interface PredictiveValues {
  positive: number | null;
  negative: number | null;
}

/** A visitor's choice: an operating point by its name, or a point of the curve by its index. */
export type Choice = string | number;

/** The measured figures of a choice. */
export interface Chosen extends Rule {
  /** Null if the threshold is a point of the curve. */
  name: string | null;
  sensitivity: number | null;
  specificity: number | null;
}

/** The rule from a probability to a verdict; a custom threshold has no band. */
export interface Rule {
  threshold: number;
  band: { low: number; high: number } | null;
}

/**
 * Index of the measured threshold nearest to a value, the lower one of a tie; -1 if there are none.
 */
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

/**
 * Whether a model is exactly the one that computed a result: figures of another revision do not
 * apply.
 */
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

/** The inconclusive band of an operating point; null if there is none. */
export function bandOf(point: OperatingPoint | null | undefined): Rule["band"] {
  return point && point.uncertain_low < point.uncertain_high
    ? { low: point.uncertain_low, high: point.uncertain_high }
    : null;
}

/** The band of a result's own rule. */
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

/** A choice, with the result's own band if it is the rule of that result. */
export function withBandOf(
  chosen: Chosen,
  result: Pick<HistoryItem, "operating_point" | "threshold" | "uncertain_band">,
): Chosen {
  const isItsRule = chosen.name === result.operating_point && chosen.threshold === result.threshold;
  return isItsRule ? { ...chosen, band: bandOfResult(result) } : chosen;
}

/** The figures of a choice; null if the model does not have them. */
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

/** The verdict for a probability; both ends of the band belong to it, as in the service. */
export function verdictBy(
  { threshold, band }: Rule,
  probability: number,
): Exclude<PredictionResult["verdict"], "not_assessable"> {
  if (band && band.low <= probability && probability <= band.high) {
    return "uncertain";
  }
  return probability >= threshold ? "malignant" : "benign";
}

/** The side of a rule's threshold on which a tile is, or that it is in the band. */
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
 * A calibrated probability at another prevalence than it assumes: the odds change like the prior
 * odds.
 *
 * All are shares; null if the prevalence is 0 or 1, where the class is already certain.
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

/** The predictive values as whole patches of `total`; the parts of every group add up to it. */
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

/** A typed percentage, with point or comma, as a share; null if it is invalid. */
export function parsePercentage(text: string): number | null {
  const plain = text.trim().replace(/\s*%$/, "").replace(",", ".");
  const value = /^(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : Number.NaN;
  return value >= 0 && value <= 100 ? value / 100 : null;
}

function share(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}
