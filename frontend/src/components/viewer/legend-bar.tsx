import { useFormatter, useTranslations } from "next-intl";
import { legendOf, type Measure } from "@/lib/result/legend";

interface LegendBarProps {
  measure: Measure;
  threshold: number;
  /** Share of the full opacity. */
  opacity: number;
  /** Name of the drawing, if it is not a result's map. */
  caption?: string;
}

/** The legend of the colours over the image, at their opacity. */
export function LegendBar({ measure, threshold, opacity, caption }: LegendBarProps) {
  const t = useTranslations("result.legend");
  const format = useFormatter();
  const { stops, ticks } = legendOf(measure, threshold, opacity);
  const gradient = stops.map(({ colour, place }) => `${colour} ${100 * place}%`).join(", ");
  return (
    <figure className="grid w-72 max-w-full gap-1 text-xs">
      <figcaption className="text-muted">{caption ?? t(measure)}</figcaption>
      <div className="relative">
        <div
          data-testid="legend"
          className="h-3 rounded-sm border border-edge"
          style={{ backgroundImage: `linear-gradient(to right, ${gradient})` }}
        />
        {measure === "tiles" && (
          <span
            className="absolute -inset-y-0.5 w-0.5 -translate-x-1/2 bg-ink"
            style={{ left: `${100 * threshold}%` }}
          />
        )}
      </div>
      <div className="relative h-4">
        {ticks.map(({ value, place }) => (
          <span
            key={place}
            className="absolute -translate-x-1/2 first:translate-x-0 last:-translate-x-full"
            style={{ left: `${100 * place}%` }}
          >
            {format.number(value, { maximumFractionDigits: 2 })}
          </span>
        ))}
      </div>
    </figure>
  );
}
