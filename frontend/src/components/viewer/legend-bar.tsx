import { useFormatter, useTranslations } from "next-intl";
import { legendOf, type Measure } from "@/lib/result/legend";

interface LegendBarProps {
  measure: Measure;
  threshold: number;
}

/** Which colour over the image means how much. */
export function LegendBar({ measure, threshold }: LegendBarProps) {
  const t = useTranslations("result.legend");
  const format = useFormatter();
  const { colours, ticks } = legendOf(measure, threshold);
  return (
    <figure className="grid w-full max-w-72 gap-1 text-xs">
      <figcaption className="text-muted">{t(measure)}</figcaption>
      <div
        className="h-2.5 rounded-sm border border-edge"
        style={{ backgroundImage: `linear-gradient(to right, ${colours.join(", ")})` }}
      />
      <div className="relative h-4">
        {ticks.map(({ value, place }) => (
          <span
            key={value}
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
