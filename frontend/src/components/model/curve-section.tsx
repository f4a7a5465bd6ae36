import { useFormatter, useTranslations } from "next-intl";
import { ConfusionMatrix } from "@/components/model/confusion-matrix";
import { CurvePlot } from "@/components/model/curve-plot";
import { FigureDetails } from "@/components/model/figure";
import type { MeasuredProps } from "@/components/model/measured-props";
import { ReliabilityPlot } from "@/components/model/reliability-plot";
import { ScorePlot } from "@/components/model/score-plot";
import { Prose, SubTitle } from "@/components/model/section";
import { useFigures } from "@/components/threshold/use-figures";
import { useOperatingPointLabel } from "@/hooks/use-operating-point-label";
import { modelFacts } from "@/lib/api/model-facts";
import type { OperatingPointReport, ThresholdFigures } from "@/lib/api/schema";
import { precisionRecallPoint, rocPoint } from "@/lib/model/curves";
import type { Measure, ModelMetrics } from "@/lib/model/metrics";
import { linePath } from "@/lib/threshold/plot";

const DIAGONAL = linePath([
  { x: 0, y: 0 },
  { x: 1, y: 1 },
]);

export function CurveSection({ report, metrics }: MeasuredProps) {
  const t = useTranslations("model");
  const parts = useSummaryParts();
  const { threshold_curve: curve, operating_points: points } = report;
  const bins = metrics?.reliability ?? [];
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
          <ThresholdTable curve={curve} />
        </>
      )}
      {bins.length > 0 && (
        <div className="grid gap-8 md:grid-cols-2 md:gap-12">
          <ReliabilityPlot bins={bins} error={metrics?.measures.ece?.value ?? null} />
          <ScorePlot bins={bins} point={points[report.inference.default_operating_point]} />
        </div>
      )}
      {metrics && <Confusions metrics={metrics} />}
    </>
  );
}

/** The figures of every measured threshold, which all curves are drawn from. */
function ThresholdTable({ curve }: { curve: readonly ThresholdFigures[] }) {
  const t = useTranslations("model");
  const { share, threshold } = useFigures();
  const rows = curve.map((figures) => ({
    key: String(figures.threshold),
    name: threshold(figures.threshold),
    cells: [share(figures.sensitivity), share(figures.specificity), share(figures.precision)],
  }));
  const columns = [
    t("curves.threshold"),
    t("metric.recall.name"),
    t("metric.specificity.name"),
    t("metric.precision.name"),
  ];
  return <FigureDetails title={t("curves.measured")} table={{ columns, rows }} />;
}

function Confusions({ metrics }: { metrics: ModelMetrics }) {
  const t = useTranslations("model.confusion");
  const points = metrics.points.flatMap(({ name, confusion }) =>
    confusion ? [{ name, confusion }] : [],
  );
  return (
    points.length > 0 && (
      <div className="grid grid-cols-1 gap-4">
        <SubTitle>{t("title")}</SubTitle>
        <Prose>
          <p className="text-muted text-sm">{t("text", { weights: metrics.caseWeights.length })}</p>
        </Prose>
        <div className="grid gap-8 md:grid-cols-2 md:gap-12">
          {points.map(({ name, confusion }) => (
            <ConfusionMatrix key={name} point={name} counts={confusion} />
          ))}
        </div>
      </div>
    )
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
