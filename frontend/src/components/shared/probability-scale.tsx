import { useFormatter, useTranslations } from "next-intl";
import { VERDICT_TEXT, type Verdict } from "@/components/shared/verdict-badge";
import { useFigureText } from "@/hooks/use-figure-text";
import { cn } from "@/lib/class-names";

interface ProbabilityScaleProps {
  probability: number;
  threshold: number;
  /** The inconclusive band, as probabilities; null if the threshold has none. */
  band: { low: number; high: number } | null;
  verdict: Verdict;
  className?: string;
}

/** A probability on a scale from 0 to 1, with the threshold and the inconclusive band. */
export function ProbabilityScale(props: ProbabilityScaleProps) {
  const { probability, threshold, band, verdict, className } = props;
  const t = useTranslations("common");
  const format = useFormatter();
  const figures = useFigureText();
  const figure = (value: number) => format.number(value, { maximumFractionDigits: 2 });
  const summary = t("scale_summary", {
    probability: figures.probability(probability, 2),
    threshold: figure(threshold),
    band: band ? "some" : "none",
    low: figure(band?.low ?? 0),
    high: figure(band?.high ?? 0),
  });
  return (
    <div role="img" aria-label={summary} className={cn("pt-1", className)}>
      <div className="relative h-3 rounded-full border bg-raised">
        {band && (
          <span
            className="hatched absolute inset-y-0"
            style={{ left: percent(band.low), width: percent(band.high - band.low) }}
          />
        )}
        <span
          className="absolute -inset-y-1.5 w-0.5 -translate-x-1/2 bg-ink"
          style={{ left: percent(threshold) }}
        />
        <span
          className={cn(
            "absolute top-1/2 size-5 -translate-x-1/2 -translate-y-1/2 rounded-full border-[3px] border-surface shadow-[0_0_0_1px_currentColor]",
            verdict === "not_assessable" ? "bg-surface" : "bg-current",
            VERDICT_TEXT[verdict],
          )}
          style={{ left: percent(probability) }}
        />
      </div>
      <div className="mt-2 flex justify-between text-muted text-xs">
        <span>0</span>
        <span>{`${t("threshold")} ${figure(threshold)}`}</span>
        <span>1</span>
      </div>
    </div>
  );
}

function percent(share: number): string {
  return `${100 * share}%`;
}
