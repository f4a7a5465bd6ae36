import { type Named, useResultNames } from "@/hooks/use-result-names";
import type { PredictionResult } from "@/lib/api/schema";
import { cn } from "@/lib/class-names";

export type Verdict = PredictionResult["verdict"];

/** Each verdict's colours; every use comes with its shape and its word. */
export const VERDICT_TEXT: Readonly<Record<Verdict, string>> = {
  malignant: "text-malignant",
  benign: "text-benign",
  uncertain: "text-uncertain",
  not_assessable: "text-withheld",
};

const SOFT: Readonly<Record<Verdict, string>> = {
  malignant: "bg-malignant-soft",
  benign: "bg-benign-soft",
  uncertain: "bg-uncertain-soft",
  not_assessable: "outline outline-dashed -outline-offset-1 outline-edge",
};

interface VerdictMarkProps {
  verdict: Verdict;
  className?: string;
}

interface VerdictBadgeProps {
  result: Named;
  /** Where it is the first thing to be read. */
  isLarge?: boolean;
  className?: string;
}

export function VerdictBadge({ result, isLarge = false, className }: VerdictBadgeProps) {
  const names = useResultNames();
  const { verdict } = result;
  return (
    <span
      data-verdict={verdict}
      className={cn(
        "inline-flex items-center gap-1.5 rounded-sm px-2 py-0.5 font-medium",
        isLarge ? "text-lg" : "text-sm",
        SOFT[verdict],
        VERDICT_TEXT[verdict],
        className,
      )}
    >
      <VerdictMark verdict={verdict} />
      {names.verdict(result)}
    </span>
  );
}

/**
 * A verdict without colour: a shape for each, the same as in the service's own interface.
 */
export function VerdictMark({ verdict, className }: VerdictMarkProps) {
  return (
    <svg viewBox="0 0 12 12" aria-hidden="true" className={cn("size-3 shrink-0", className)}>
      <path d={MARK[verdict]} fill="currentColor" />
    </svg>
  );
}

/** Outlines in a square of 12: a triangle, a circle, a diamond and a square. */
const MARK: Readonly<Record<Verdict, string>> = {
  malignant: "M6 1 11.5 11H.5Z",
  benign: "M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1Z",
  uncertain: "M6 .5 11.5 6 6 11.5.5 6Z",
  not_assessable: "M1.5 1.5h9v9h-9Z",
};
