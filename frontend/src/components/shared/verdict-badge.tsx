import { useTranslations } from "next-intl";
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

interface VerdictBadgeProps {
  verdict: Verdict;
  className?: string;
}

export function VerdictBadge({ verdict, className }: VerdictBadgeProps) {
  const t = useTranslations("common.verdict");
  return (
    <span
      data-verdict={verdict}
      className={cn(
        "inline-flex items-center gap-1.5 whitespace-nowrap rounded-sm px-2 py-0.5 font-medium text-sm",
        SOFT[verdict],
        VERDICT_TEXT[verdict],
        className,
      )}
    >
      <VerdictMark verdict={verdict} />
      {t(verdict)}
    </span>
  );
}

/**
 * A verdict without colour: a filled diamond, an open circle, a half circle, or a circle crossed
 * out where there is none.
 */
export function VerdictMark({ verdict, className }: VerdictBadgeProps) {
  return (
    <svg viewBox="0 0 12 12" aria-hidden="true" className={cn("size-3 shrink-0", className)}>
      {verdict === "malignant" && <path d="M6 .5 11.5 6 6 11.5.5 6Z" fill="currentColor" />}
      {verdict !== "malignant" && (
        <circle cx="6" cy="6" r="4.6" fill="none" stroke="currentColor" strokeWidth="1.8" />
      )}
      {verdict === "uncertain" && <path d="M6 1.4a4.6 4.6 0 0 1 0 9.2Z" fill="currentColor" />}
      {verdict === "not_assessable" && (
        <path d="M2.75 2.75 9.25 9.25" stroke="currentColor" strokeWidth="1.8" />
      )}
    </svg>
  );
}
