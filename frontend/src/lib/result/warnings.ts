import type { PredictionResult, ResultWarning } from "@/lib/api/schema";

type Severity = ResultWarning["severity"];

const RANK: Readonly<Record<Severity, number>> = { withholds: 0, caution: 1, note: 2 };

/** A warning that several results have in common. */
export interface SharedWarning {
  warning: ResultWarning;
  /** Number of results that have it. */
  count: number;
}

/** Most severe first. */
export function bySeverity(warnings: readonly ResultWarning[]): readonly ResultWarning[] {
  return warnings.toSorted((one, other) => RANK[one.severity] - RANK[other.severity]);
}

/** The warnings that at least two results have in common, most severe first. */
export function sharedWarnings(
  results: readonly Pick<PredictionResult, "warnings">[],
): readonly SharedWarning[] {
  const all = results.flatMap(({ warnings }) => warnings);
  const first = new Map(all.toReversed().map((warning) => [warning.code, warning]));
  return bySeverity([...first.values()])
    .map((warning) => ({
      warning,
      count: all.filter(({ code }) => code === warning.code).length,
    }))
    .filter(({ count }) => count > 1);
}

/** The codes of the warnings that all of several results have. */
export function codesOfAll(
  results: readonly Pick<PredictionResult, "warnings">[],
): ReadonlySet<ResultWarning["code"]> {
  const shared = sharedWarnings(results).filter(({ count }) => count === results.length);
  return new Set(shared.map(({ warning }) => warning.code));
}

/** The reasons that another scale may remove. */
const OF_SCALE: ReadonlySet<ResultWarning["code"]> = new Set([
  "scale_unknown",
  "field_too_small",
  "too_blurred",
  "unlike_training",
]);

/**
 * The action that may give a result a verdict: stating its scale, or another scale; null if no
 * scale would help.
 */
export function scaleStep({
  reasons,
  image,
}: Pick<PredictionResult, "reasons"> & {
  image: Pick<PredictionResult["image"], "scale_source">;
}): "scale_again" | "scale_other" | null {
  if (!reasons.some((reason) => OF_SCALE.has(reason))) {
    return null;
  }
  return image.scale_source === "assumed" ? "scale_again" : "scale_other";
}
