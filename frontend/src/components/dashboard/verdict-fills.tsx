import { useTranslations } from "next-intl";
import type { Verdict } from "@/components/shared/verdict-badge";
import { cn } from "@/lib/class-names";
import { VERDICTS } from "@/lib/history/filters";

/** Fill of each verdict, distinguishable without colour: full, hatched, outlined, or dotted. */
export const VERDICT_FILL: Readonly<Record<Verdict, string>> = {
  malignant: "border border-malignant bg-malignant",
  uncertain: "hatched border border-uncertain bg-surface",
  benign: "border border-benign bg-benign-soft",
  not_assessable: "dotted border border-withheld border-dashed bg-surface",
};

/** The colour that outlines each in a drawing. */
export const VERDICT_STROKE: Readonly<Record<Verdict, string>> = {
  malignant: "var(--color-malignant)",
  uncertain: "var(--color-uncertain)",
  benign: "var(--color-benign)",
  not_assessable: "var(--color-withheld)",
};

/** The same fills for drawings, under ids that begin with `id`. */
export function FillDefinitions({ id }: { id: string }) {
  return (
    <defs>
      <pattern id={`${id}malignant`} width="4" height="4" patternUnits="userSpaceOnUse">
        <rect width="4" height="4" fill="var(--color-malignant)" />
      </pattern>
      <pattern
        id={`${id}uncertain`}
        width="5"
        height="5"
        patternUnits="userSpaceOnUse"
        patternTransform="rotate(45)"
      >
        <rect width="5" height="5" fill="var(--color-surface)" />
        <rect width="1.6" height="5" fill="var(--color-uncertain)" />
      </pattern>
      <pattern id={`${id}benign`} width="4" height="4" patternUnits="userSpaceOnUse">
        <rect width="4" height="4" fill="var(--color-benign-soft)" />
      </pattern>
      <pattern id={`${id}not_assessable`} width="6" height="6" patternUnits="userSpaceOnUse">
        <rect width="6" height="6" fill="var(--color-surface)" />
        <circle cx="3" cy="3" r="1" fill="var(--color-withheld)" />
      </pattern>
    </defs>
  );
}

/** What each fill means. */
export function VerdictLegend() {
  const t = useTranslations("common.verdict");
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1 text-xs">
      {VERDICTS.map((verdict) => (
        <li key={verdict} className="flex items-center gap-1.5">
          <span className={cn("h-3 w-5", VERDICT_FILL[verdict])} />
          {t(verdict)}
        </li>
      ))}
    </ul>
  );
}
