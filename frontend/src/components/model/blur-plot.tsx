import { useFormatter, useTranslations } from "next-intl";
import { Figure } from "@/components/model/figure";
import { Plot, PlotLine, PlotMark } from "@/components/threshold/plot";
import { useFigures } from "@/components/threshold/use-figures";
import type { BlurStep } from "@/lib/model/reports";
import { linePath } from "@/lib/threshold/plot";

const TICKS = [0, 0.25, 0.5, 0.75, 1];

/** Sensitivity against the blur of the patches. */
export function BlurPlot({ steps }: { steps: readonly BlurStep[] }) {
  const t = useTranslations("model.conditions");
  const format = useFormatter();
  const { share } = useFigures();
  const widest = steps.at(-1)?.sigma ?? 1;
  const points = steps.map(({ sigma, sensitivity }) => ({ x: sigma / widest, y: sensitivity }));
  const [first, last] = [steps[0]?.sensitivity ?? 0, steps.at(-1)?.sensitivity ?? 0];
  const sensitivity = t("sensitivity");
  const table = {
    columns: [t("sigma"), sensitivity],
    rows: steps.map((step) => ({
      key: String(step.sigma),
      name: format.number(step.sigma),
      cells: [share(step.sensitivity)],
    })),
  };
  return (
    <Figure title={t("blur")} text={t("blur_text")} table={table} className="max-w-[40rem]">
      <Plot
        summary={t("blur_summary", {
          first: share(first),
          last: share(last),
          sigma: format.number(widest),
        })}
        xTitle={t("sigma")}
        yTitle={sensitivity}
        xTicks={TICKS.map((at) => ({ at, label: format.number(at * widest) }))}
        yTicks={TICKS.map((at) => ({ at, label: format.number(at, { style: "percent" }) }))}
        className="h-56"
        marks={points.map(({ x, y }) => (
          <PlotMark key={x} x={x} y={y} shape="disc" className="text-malignant" />
        ))}
      >
        <PlotLine path={linePath(points)} className="text-malignant" />
      </Plot>
    </Figure>
  );
}
