import { useFormatter, useTranslations } from "next-intl";
import { Plot, PlotLine, PlotMark } from "@/components/threshold/plot";
import { useOperatingPointLabel } from "@/hooks/use-operating-point-label";
import type { OperatingPointReport, ThresholdFigures } from "@/lib/api/schema";
import { cn } from "@/lib/class-names";
import { linePath, type PlotPoint, place } from "@/lib/threshold/plot";

interface CurvePlotProps {
  name: "roc" | "pr";
  figures: readonly ThresholdFigures[];
  points: Readonly<Record<string, OperatingPointReport>>;
  pointOf: (figures: ThresholdFigures) => PlotPoint | null;
  /** The line of random guessing. */
  guess: string;
  summary: string;
}

// Names are inside the curve, where there is room.
const LABEL_SIDES = { roc: "ml-3", pr: "-ml-3 -translate-x-full" } as const;

const TICKS = [0, 0.25, 0.5, 0.75, 1];

/** Two figures against each other over all measured thresholds, with the operating points. */
export function CurvePlot({ name, figures, points, pointOf, guess, summary }: CurvePlotProps) {
  const t = useTranslations("model.curves");
  const format = useFormatter();
  const ticks = TICKS.map((at) => ({ at, label: format.number(at, { style: "percent" }) }));
  const curve = figures.map(pointOf).filter((point) => point !== null);
  return (
    <figure className="grid max-w-[30rem] content-start gap-3">
      <figcaption className="font-medium">{t(name)}</figcaption>
      <Plot
        summary={summary}
        xTitle={t(`${name}_x`)}
        yTitle={t(`${name}_y`)}
        xTicks={ticks}
        yTicks={ticks}
        className="aspect-square"
        marks={<NamedMarks points={points} pointOf={pointOf} labelSide={LABEL_SIDES[name]} />}
      >
        <PlotLine path={guess} dashes="3 4" className="text-edge" />
        <PlotLine path={linePath(curve)} className="text-accent" />
      </Plot>
    </figure>
  );
}

function NamedMarks({
  points,
  pointOf,
  labelSide,
}: Pick<CurvePlotProps, "points" | "pointOf"> & { labelSide: string }) {
  const nameOf = useOperatingPointLabel();
  return Object.entries(points).map(([name, figures]) => {
    const point = pointOf(figures);
    return point?.y == null ? null : (
      <span key={name}>
        <PlotMark x={point.x} y={point.y} shape="square" />
        <span
          className={cn("absolute mt-1 whitespace-nowrap text-sm", labelSide)}
          style={place(point.x, point.y)}
        >
          {nameOf(name)}
        </span>
      </span>
    );
  });
}
