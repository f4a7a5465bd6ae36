import type { PredictionResult, ResultWarning } from "@/lib/api/schema";

type Severity = ResultWarning["severity"];

const RANK: Readonly<Record<Severity, number>> = { withholds: 0, caution: 1, note: 2 };

/** A warning that several results have in common. */
export interface SharedWarning {
  warning: ResultWarning;
  /** How many of the results have it. */
  count: number;
}

/** The gravest first. */
export function bySeverity(warnings: readonly ResultWarning[]): readonly ResultWarning[] {
  return warnings.toSorted((one, other) => RANK[one.severity] - RANK[other.severity]);
}

/** The warnings that two results or more have in common, the gravest first. */
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

/** The reasons that another scale may take away. */
const OF_SCALE: ReadonlySet<ResultWarning["code"]> = new Set([
  "scale_unknown",
  "field_too_small",
  "too_blurred",
  "unlike_training",
]);

/** Whether stating the scale, or another one, may give a result its verdict. */
export function mayDependOnScale({ reasons }: Pick<PredictionResult, "reasons">): boolean {
  return reasons.some((reason) => OF_SCALE.has(reason));
}
