import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { useFigures } from "@/components/threshold/use-figures";

/** Dash patterns distinguish the lines without colour. */
export const DASHES = { specificity: "6 4", result: "2 3" } as const;

interface ThresholdLegendProps {
  hasPoints: boolean;
  hasBand: boolean;
  probability: number | undefined;
}

export function ThresholdLegend({ hasPoints, hasBand, probability }: ThresholdLegendProps) {
  const t = useTranslations("threshold.legend");
  const figures = useFigures();
  return (
    <ul className="flex flex-wrap gap-x-6 gap-y-1 text-sm">
      <Entry text={t("sensitivity")}>
        <LineSample className="text-malignant" />
      </Entry>
      <Entry text={t("specificity")}>
        <LineSample dashes={DASHES.specificity} className="text-benign" />
      </Entry>
      <Entry text={t("chosen")}>
        <UprightSample className="text-accent" />
      </Entry>
      {hasPoints && (
        <Entry text={t("point")}>
          <span className="size-2.5 border-2 border-current bg-surface" />
        </Entry>
      )}
      {hasBand && (
        <Entry text={t("band")}>
          <span className="h-3 w-5 border border-edge bg-uncertain-soft" />
        </Entry>
      )}
      {probability !== undefined && (
        <Entry text={t("result", { probability: figures.probability(probability) })}>
          <UprightSample dashes={DASHES.result} className="text-ink" />
        </Entry>
      )}
    </ul>
  );
}

function Entry({ text, children }: { text: string; children: ReactNode }) {
  return (
    <li className="flex items-center gap-2">
      <span aria-hidden="true" className="flex">
        {children}
      </span>
      {text}
    </li>
  );
}

interface SampleProps {
  dashes?: string;
  className: string;
}

function LineSample(props: SampleProps) {
  return <Sample path="M0 6H24" width={24} {...props} />;
}

function UprightSample(props: SampleProps) {
  return <Sample path="M3 0V14" width={6} {...props} />;
}

function Sample({ path, width, dashes, className }: SampleProps & { path: string; width: number }) {
  return (
    <svg
      aria-hidden="true"
      viewBox={`0 0 ${width} 14`}
      width={width}
      height={14}
      className={className}
    >
      <path d={path} stroke="currentColor" strokeWidth="2" strokeDasharray={dashes} />
    </svg>
  );
}
