import { useQuery } from "@tanstack/react-query";
import { useFormatter, useTranslations } from "next-intl";
import { ProbabilityScale } from "@/components/shared/probability-scale";
import { VERDICT_TEXT, VerdictMark } from "@/components/shared/verdict-badge";
import { useOperatingPointLabel } from "@/hooks/use-operating-point-label";
import { modelQuery } from "@/lib/api/queries";
import type { PredictionResult } from "@/lib/api/schema";
import { cn } from "@/lib/class-names";
import { PROBABILITY_FIGURE } from "@/lib/figures";
import { bandOf, pointOf } from "@/lib/threshold/threshold";

/** The verdict, and how far it is from the threshold. */
export function VerdictSummary({ result }: { result: PredictionResult }) {
  const t = useTranslations("common");
  const texts = useTranslations("result.verdict");
  const format = useFormatter();
  const { data: model } = useQuery(modelQuery);
  const { verdict, probability, threshold, kind } = result;
  return (
    <section
      aria-label={texts("label")}
      className="grid gap-4 print:grid-cols-[auto_1fr] print:items-baseline print:gap-x-8 print:gap-y-2 print:*:nth-[n+3]:col-span-2"
    >
      <div>
        <h1
          className={cn("flex items-baseline gap-2 font-semibold text-xl", VERDICT_TEXT[verdict])}
        >
          <VerdictMark verdict={verdict} className="size-4 translate-y-px" />
          {t(`verdict_long.${verdict}`)}
        </h1>
        <p className="mt-1 hidden text-muted text-sm sm:block print:hidden">
          {texts(`meaning.${verdict}`)}
        </p>
      </div>
      <p className="flex flex-wrap items-baseline gap-x-3">
        <span className="font-semibold text-3xl" data-testid="probability">
          {format.number(probability, PROBABILITY_FIGURE)}
        </span>
        <span className="text-muted text-sm">{texts(`probability.${kind}`)}</span>
      </p>
      <ProbabilityScale
        probability={probability}
        threshold={threshold}
        band={bandOf(pointOf(model, result))}
        verdict={verdict}
      />
      <OperatingPoint result={result} />
    </section>
  );
}

/** The rule that turned the probability into a verdict, and how good it is. */
function OperatingPoint({ result }: { result: PredictionResult }) {
  const t = useTranslations("result.verdict");
  const format = useFormatter();
  const labelOf = useOperatingPointLabel();
  const { data: model } = useQuery(modelQuery);
  const figures = pointOf(model, result);
  const percent = (value: number) => format.number(value, { style: "percent" });
  return (
    <p className="text-sm">
      <span className="font-medium">{labelOf(result.operating_point)}</span>
      {typeof figures?.sensitivity === "number" && typeof figures.specificity === "number" && (
        <span className="text-muted">
          {` · ${t("measured", {
            sensitivity: percent(figures.sensitivity),
            specificity: percent(figures.specificity),
          })}`}
        </span>
      )}
    </p>
  );
}
