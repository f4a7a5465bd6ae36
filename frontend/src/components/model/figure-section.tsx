import { useFormatter, useTranslations } from "next-intl";
import { MeasureTable } from "@/components/model/measure-table";
import type { MeasuredProps } from "@/components/model/measured-props";
import { Prose } from "@/components/model/section";
import { UncertainTable } from "@/components/model/uncertain-table";
import { useFigures } from "@/components/threshold/use-figures";
import { useOperatingPointLabel } from "@/hooks/use-operating-point-label";
import {
  carcinomaPatches,
  type ModelMetrics,
  SCORE_METRICS,
  VERDICT_METRICS,
} from "@/lib/model/metrics";
import { bandOf } from "@/lib/threshold/threshold";

export function FigureSection({ report, metrics }: MeasuredProps) {
  const t = useTranslations("model.figures");
  const nameOf = useOperatingPointLabel();
  const { threshold } = useFigures();
  if (!metrics) {
    return <p>{t("none")}</p>;
  }
  const points = metrics.points.map(({ name, measures }) => {
    const point = report.operating_points[name];
    const band = bandOf(point);
    const note = point
      ? t("from", {
          threshold: threshold(point.threshold),
          band: band ? "some" : "none",
          low: band ? threshold(band.low) : "",
          high: band ? threshold(band.high) : "",
        })
      : "";
    return { title: nameOf(name), note, measures };
  });
  const equalCases = { title: t("equal_cases"), measures: metrics.caseAveraged };
  const atPoint = t("at_point", { name: nameOf(report.inference.default_operating_point) });
  return (
    <>
      <MeasuredOn metrics={metrics} />
      <MeasureTable
        caption={t("by_verdict")}
        metrics={VERDICT_METRICS}
        columns={[...points, { ...equalCases, note: atPoint }]}
      />
      <MeasureTable
        caption={t("by_score")}
        metrics={SCORE_METRICS}
        columns={[{ title: t("all_patches"), measures: metrics.measures }, equalCases]}
      />
      <UncertainTable points={metrics.points} bands={report.operating_points} />
    </>
  );
}

function MeasuredOn({ metrics }: { metrics: ModelMetrics }) {
  const t = useTranslations("model.figures");
  const format = useFormatter();
  const weights = metrics.caseWeights.map(({ id, weight }) =>
    t("weight", { id, weight: format.number(weight) }),
  );
  return (
    <Prose>
      {metrics.casesCount !== null && metrics.patches !== null && (
        <p>
          {t("measured_on", {
            patches: metrics.patches,
            cases: metrics.casesCount,
            carcinoma: carcinomaPatches(metrics),
          })}
        </p>
      )}
      <p className="text-muted text-sm">{t("intervals")}</p>
      {weights.length > 0 && (
        <p className="text-muted text-sm">{t("weights", { list: format.list(weights) })}</p>
      )}
    </Prose>
  );
}
