import { useFormatter, useTranslations } from "next-intl";
import { CurvePlot } from "@/components/model/curve-plot";
import { EvaluationPlots } from "@/components/model/evaluation-plots";
import type { MeasuredProps } from "@/components/model/measured-props";
import { useFigures } from "@/components/threshold/use-figures";
import { useOperatingPointLabel } from "@/hooks/use-operating-point-label";
import { modelFacts } from "@/lib/api/model-facts";
import type { OperatingPointReport } from "@/lib/api/schema";
import { precisionRecallPoint, rocPoint } from "@/lib/model/curves";
import type { Measure } from "@/lib/model/metrics";
import { linePath } from "@/lib/threshold/plot";

const DIAGONAL = linePath([
  { x: 0, y: 0 },
  { x: 1, y: 1 },
]);

export function CurveSection({ report, metrics }: MeasuredProps) {
  const t = useTranslations("model");
  const parts = useSummaryParts();
  const { threshold_curve: curve, operating_points: points } = report;
  const prevalence = modelFacts(report).measuredPrevalence ?? 0;
  const guess = linePath([
    { x: 0, y: prevalence },
    { x: 1, y: prevalence },
  ]);
  return (
    <>
      {curve.length > 0 && (
        <>
          <p className="max-w-[68ch]">{t("curves.text", { count: curve.length })}</p>
          <div className="grid gap-8 md:grid-cols-2 md:gap-12">
            <CurvePlot
              name="roc"
              figures={curve}
              points={points}
              pointOf={rocPoint}
              guess={DIAGONAL}
              summary={t("curves.roc_summary", {
                auc: parts.figure(metrics?.measures.roc_auc),
                points: parts.points("roc_point", points),
              })}
            />
            <CurvePlot
              name="pr"
              figures={curve}
              points={points}
              pointOf={precisionRecallPoint}
              guess={guess}
              summary={t("curves.pr_summary", {
                ap: parts.figure(metrics?.measures.average_precision),
                points: parts.points("pr_point", points),
              })}
            />
          </div>
        </>
      )}
      <EvaluationPlots names={report.evaluation} />
    </>
  );
}

function useSummaryParts() {
  const t = useTranslations("model.curves");
  const format = useFormatter();
  const nameOf = useOperatingPointLabel();
  const { share } = useFigures();
  return {
    /** "none" where nothing was measured, as the messages have it. */
    figure: (measure: Measure | undefined) =>
      measure ? format.number(measure.value, { maximumFractionDigits: 3 }) : "none",
    points: (
      key: "roc_point" | "pr_point",
      points: Readonly<Record<string, OperatingPointReport>>,
    ) =>
      Object.entries(points)
        .map(([name, { sensitivity, specificity, precision }]) =>
          t(key, {
            name: nameOf(name),
            sensitivity: share(sensitivity),
            specificity: share(specificity),
            precision: share(precision),
          }),
        )
        .join(" "),
  };
}
