import { useFormatter, useTranslations } from "next-intl";
import { Plot, PlotLine, PlotMark } from "@/components/threshold/plot";
import { DASHES, ThresholdLegend } from "@/components/threshold/threshold-legend";
import { useFigures } from "@/components/threshold/use-figures";
import type { ModelFacts } from "@/lib/api/model-facts";
import { linePath, PLOT_UNITS } from "@/lib/threshold/plot";
import type { Chosen } from "@/lib/threshold/threshold";

interface ThresholdChartProps {
  facts: ModelFacts;
  chosen: Chosen;
  /** Of the result that the threshold is for. */
  probability?: number | undefined;
}

const X_TICKS = [0, 0.2, 0.4, 0.6, 0.8, 1];
const Y_TICKS = [0, 0.25, 0.5, 0.75, 1];

/** Sensitivity and specificity against the threshold, as measured. */
export function ThresholdChart({ facts, chosen, probability }: ThresholdChartProps) {
  const t = useTranslations("threshold");
  const format = useFormatter();
  const figures = useFigures();
  const { share, threshold } = figures;
  const summary = t("chart", {
    threshold: threshold(chosen.threshold),
    sensitivity: share(chosen.sensitivity),
    specificity: share(chosen.specificity),
  });
  const result =
    probability === undefined
      ? ""
      : ` ${t("chart_result", { probability: figures.probability(probability) })}`;
  return (
    <div className="grid gap-4">
      <ThresholdLegend
        hasPoints={Object.keys(facts.operatingPoints).length > 0}
        hasBand={chosen.band !== null}
        probability={probability}
      />
      <Plot
        summary={`${summary}${result}`}
        xTitle={t("threshold_axis")}
        xTicks={X_TICKS.map((at) => ({ at, label: format.number(at) }))}
        yTicks={Y_TICKS.map((at) => ({ at, label: format.number(at, { style: "percent" }) }))}
        className="h-56 @2xl:h-72"
        marks={<OperatingPointMarks facts={facts} />}
      >
        <Curves facts={facts} chosen={chosen} probability={probability} />
      </Plot>
    </div>
  );
}

function Curves({ facts, chosen, probability }: ThresholdChartProps) {
  const curve = (name: "sensitivity" | "specificity") =>
    linePath(facts.thresholdCurve.map((p) => ({ x: p.threshold, y: p[name] })));
  return (
    <>
      {chosen.band && (
        <rect
          x={PLOT_UNITS * chosen.band.low}
          width={PLOT_UNITS * (chosen.band.high - chosen.band.low)}
          height={PLOT_UNITS}
          className="fill-uncertain-soft"
        />
      )}
      {probability !== undefined && (
        <PlotLine path={upright(probability)} dashes={DASHES.result} className="text-ink" />
      )}
      <PlotLine path={upright(chosen.threshold)} className="text-accent" />
      <PlotLine path={curve("sensitivity")} className="text-malignant" />
      <PlotLine path={curve("specificity")} dashes={DASHES.specificity} className="text-benign" />
    </>
  );
}

function OperatingPointMarks({ facts }: { facts: ModelFacts }) {
  return Object.entries(facts.operatingPoints).flatMap(([name, point]) =>
    (["sensitivity", "specificity"] as const).map((figure) => {
      const y = point[figure];
      return y === null ? null : (
        <PlotMark key={`${name} ${figure}`} x={point.threshold} y={y} shape="square" />
      );
    }),
  );
}

function upright(x: number): string {
  return linePath([
    { x, y: 0 },
    { x, y: 1 },
  ]);
}
