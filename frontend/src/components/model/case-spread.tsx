import { useFormatter, useTranslations } from "next-intl";
import { useFigures } from "@/components/threshold/use-figures";
import { type Metric, quantile } from "@/lib/model/metrics";

interface CaseSpreadProps {
  metric: Metric;
  /** One figure of each case, 0 to 1. */
  values: readonly number[];
}

/** Each case as a dot between 0 and 100 %, the middle half as a block, the median as a line. */
export function CaseSpread({ metric, values }: CaseSpreadProps) {
  const t = useTranslations("model");
  const format = useFormatter();
  const { share } = useFigures();
  const at = (part: number) => quantile(values, part) ?? 0;
  const [least, lower, median, upper, greatest] = [at(0), at(0.25), at(0.5), at(0.75), at(1)];
  const name = t(`metric.${metric}.name`);
  const summary = t("cases.spread", {
    name,
    count: values.length,
    least: share(least),
    lower: share(lower),
    median: share(median),
    upper: share(upper),
    greatest: share(greatest),
  });
  return (
    <div role="img" aria-label={summary} className="grid gap-1 px-2">
      <p className="-mx-2 flex justify-between gap-4 text-sm">
        <span className="font-medium">{name}</span>
        <span className="text-muted">{t("cases.median", { median: share(median) })}</span>
      </p>
      <div className="relative h-8 border-edge border-b">
        <span
          className="absolute inset-y-1 bg-accent-soft"
          style={{ left: percent(lower), width: percent(upper - lower) }}
        />
        <span
          className="absolute inset-y-0 w-0.5 -translate-x-1/2 bg-accent"
          style={{ left: percent(median) }}
        />
        {values.map((value, index) => (
          <span
            // biome-ignore lint/suspicious/noArrayIndexKey: cases may have equal figures, in one order
            key={index}
            className="absolute top-1/2 size-2.5 -translate-x-1/2 -translate-y-1/2 rounded-full border border-ink bg-ink/20"
            style={{ left: percent(value) }}
          />
        ))}
      </div>
      <p className="-mx-2 flex justify-between text-muted text-xs">
        <span>{format.number(0, { style: "percent" })}</span>
        <span>{format.number(1, { style: "percent" })}</span>
      </p>
    </div>
  );
}

function percent(value: number): string {
  return `${100 * value}%`;
}
