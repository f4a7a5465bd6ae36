import { useTranslations } from "next-intl";
import { IntervalBar } from "@/components/model/interval-bar";
import { ScrollBox } from "@/components/model/section";
import { useFigureText } from "@/hooks/use-figure-text";
import type { Measure, Measures, Metric } from "@/lib/model/metrics";

interface MeasureTableProps {
  caption: string;
  metrics: readonly Metric[];
  columns: readonly { title: string; note?: string; measures: Measures }[];
}

const SHARES: ReadonlySet<Metric> = new Set([
  "recall",
  "specificity",
  "precision",
  "balanced_accuracy",
  "accuracy",
]);

/** Figures with their intervals, as text and drawn. */
export function MeasureTable({ caption, metrics, columns }: MeasureTableProps) {
  const t = useTranslations("model");
  const measured = metrics.filter((metric) => columns.some(({ measures }) => measures[metric]));
  return (
    <ScrollBox label={caption}>
      <table className="w-full min-w-[34rem] max-w-[64rem] table-fixed text-sm">
        <caption className="pb-2 text-left font-medium text-base">{caption}</caption>
        <thead>
          <tr className="border-b align-bottom">
            <th scope="col" className="py-2 pr-6 text-left font-medium text-muted">
              {t("figures.metric")}
            </th>
            {columns.map(({ title, note }) => (
              <th key={title} scope="col" className="py-2 pr-6 text-left font-medium">
                {title}
                {note && <span className="block font-normal text-muted">{note}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {measured.map((metric) => (
            <tr key={metric} data-metric={metric} className="border-b align-top">
              <th scope="row" className="py-2 pr-6 text-left font-medium">
                {t(`metric.${metric}.name`)}
                <span className="block font-normal text-muted">
                  {t(`metric.${metric}.meaning`)}
                </span>
              </th>
              {columns.map(({ title, measures }) => (
                <td key={title} className="py-2 pr-6">
                  <MeasureCell metric={metric} measure={measures[metric]} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}

interface MeasureCellProps {
  metric: Metric;
  measure: Measure | undefined;
}

function MeasureCell({ metric, measure }: MeasureCellProps) {
  const t = useTranslations("model");
  const text = useFigureText();
  const figure = (value: number) =>
    SHARES.has(metric) ? text.share(value, 1, 1) : text.probability(value);
  if (!measure) {
    return <span className="text-muted">–</span>;
  }
  const { value, interval } = measure;
  return (
    <div className="grid gap-1.5">
      <p className="flex flex-wrap items-baseline gap-x-2">
        <span className="text-base">{figure(value)}</span>
        {interval && (
          <span className="text-muted text-xs">
            {t("figures.interval", { low: figure(interval.low), high: figure(interval.high) })}
          </span>
        )}
      </p>
      <IntervalBar {...measure} />
    </div>
  );
}
