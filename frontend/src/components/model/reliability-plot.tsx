import { useFormatter, useTranslations } from "next-intl";
import { Figure } from "@/components/model/figure";
import { Plot, PlotLine, PlotMark } from "@/components/threshold/plot";
import { useFigures } from "@/components/threshold/use-figures";
import type { ReliabilityBin } from "@/lib/model/reliability";
import { linePath } from "@/lib/threshold/plot";

const TICKS = [0, 0.25, 0.5, 0.75, 1];
const DIAGONAL = linePath([
  { x: 0, y: 0 },
  { x: 1, y: 1 },
]);

interface ReliabilityPlotProps {
  bins: readonly ReliabilityBin[];
  /** Expected calibration error, 0 to 1; null if unmeasured. */
  error: number | null;
}

/** The observed share of IDC against the probability, with 95 % intervals. */
export function ReliabilityPlot({ bins, error }: ReliabilityPlotProps) {
  const t = useTranslations("model.curves");
  const format = useFormatter();
  const { share, probability } = useFigures();
  const ticks = TICKS.map((at) => ({ at, label: format.number(at, { style: "percent" }) }));
  const table = {
    columns: [t("bin"), t("patches"), t("carcinoma"), t("mean"), t("observed"), t("interval")],
    rows: bins.map((bin) => ({
      key: String(bin.low),
      name: t("range", { low: probability(bin.low), high: probability(bin.high) }),
      cells: [
        format.number(bin.patches),
        format.number(bin.carcinoma),
        probability(bin.meanProbability),
        share(bin.observed),
        bin.interval
          ? t("range", { low: share(bin.interval.low), high: share(bin.interval.high) })
          : "–",
      ],
    })),
  };
  return (
    <Figure
      title={t("reliability")}
      text={t("reliability_text")}
      table={table}
      className="max-w-[30rem]"
    >
      <Plot
        summary={t("reliability_summary", {
          error: error === null ? "none" : probability(error),
          count: bins.length,
        })}
        xTitle={t("mean")}
        yTitle={t("observed")}
        xTicks={ticks}
        yTicks={ticks}
        className="aspect-square"
        marks={bins.map(({ low, meanProbability, observed }) => (
          <PlotMark
            key={low}
            x={meanProbability}
            y={observed}
            shape="disc"
            className="text-accent"
          />
        ))}
      >
        <PlotLine path={DIAGONAL} dashes="3 4" className="text-edge" />
        {bins.map(({ low, meanProbability: x, interval }) =>
          interval ? (
            <PlotLine
              key={low}
              path={linePath([
                { x, y: interval.low },
                { x, y: interval.high },
              ])}
              className="text-accent opacity-50"
            />
          ) : null,
        )}
      </Plot>
    </Figure>
  );
}
