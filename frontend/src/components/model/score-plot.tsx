import { useFormatter, useTranslations } from "next-intl";
import { Figure } from "@/components/model/figure";
import { Plot, PlotLine } from "@/components/threshold/plot";
import { useFigures } from "@/components/threshold/use-figures";
import type { OperatingPointReport } from "@/lib/api/schema";
import { cn } from "@/lib/class-names";
import { classShares, type ReliabilityBin } from "@/lib/model/reliability";
import { linePath, PLOT_UNITS } from "@/lib/threshold/plot";

const TICKS = [0, 0.25, 0.5, 0.75, 1];

interface ScorePlotProps {
  bins: readonly ReliabilityBin[];
  /** The model's default threshold. */
  point: OperatingPointReport | undefined;
}

/** Distribution of the probabilities of each class, one below the other. */
export function ScorePlot({ bins, point }: ScorePlotProps) {
  const t = useTranslations("model.curves");
  const format = useFormatter();
  const { probability } = useFigures();
  const withIdc = classShares(bins, ({ carcinoma }) => carcinoma);
  const withoutIdc = classShares(bins, ({ patches, carcinoma }) => patches - carcinoma);
  // Both on one scale, to the next ten percent.
  const top = Math.ceil(10 * Math.max(...withIdc, ...withoutIdc)) / 10;
  const table = {
    columns: [t("bin"), t("with_idc"), t("without_idc")],
    rows: bins.map(({ low, high, patches, carcinoma }) => ({
      key: String(low),
      name: t("range", { low: probability(low), high: probability(high) }),
      cells: [format.number(carcinoma), format.number(patches - carcinoma)],
    })),
  };
  const common = { bins, top, threshold: point?.threshold };
  return (
    <Figure title={t("scores")} text={t("scores_text")} table={table} className="max-w-[30rem]">
      <ClassBars {...common} title={t("with_idc")} shares={withIdc} fill="fill-malignant" />
      <ClassBars {...common} title={t("without_idc")} shares={withoutIdc} fill="fill-benign" />
    </Figure>
  );
}

interface ClassBarsProps {
  title: string;
  bins: readonly ReliabilityBin[];
  /** Of the class, in each bin. */
  shares: readonly number[];
  /** Share at the top of the axis. */
  top: number;
  threshold: number | undefined;
  fill: string;
}

function ClassBars({ title, bins, shares, top, threshold, fill }: ClassBarsProps) {
  const t = useTranslations("model.curves");
  const format = useFormatter();
  const { share, probability } = useFigures();
  const most = Math.max(...shares);
  const fullest = bins[shares.indexOf(most)];
  return (
    <Plot
      summary={t("scores_summary", {
        class: title,
        low: probability(fullest?.low ?? 0),
        high: probability(fullest?.high ?? 1),
        share: share(most),
      })}
      xTitle={t("bin")}
      yTitle={title}
      xTicks={TICKS.map((at) => ({ at, label: format.number(at) }))}
      yTicks={[0, 0.5, 1].map((at) => ({
        at,
        label: format.number(at * top, { style: "percent" }),
      }))}
      className="h-36"
    >
      {bins.map(({ low, high }, index) => (
        <Bar key={low} low={low} high={high} height={(shares[index] ?? 0) / top} fill={fill} />
      ))}
      {threshold !== undefined && (
        <PlotLine
          path={linePath([
            { x: threshold, y: 0 },
            { x: threshold, y: 1 },
          ])}
          dashes="3 4"
          className="text-ink"
        />
      )}
    </Plot>
  );
}

interface BarProps {
  low: number;
  high: number;
  /** Of the plot's, 0 to 1. */
  height: number;
  fill: string;
}

function Bar({ low, high, height, fill }: BarProps) {
  return (
    <rect
      x={PLOT_UNITS * low}
      y={PLOT_UNITS * (1 - height)}
      width={PLOT_UNITS * (high - low)}
      height={PLOT_UNITS * height}
      vectorEffect="non-scaling-stroke"
      className={cn("stroke-ground", fill)}
    />
  );
}
