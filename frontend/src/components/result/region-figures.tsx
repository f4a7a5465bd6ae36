import { useFormatter, useTranslations } from "next-intl";
import { useFigureText } from "@/hooks/use-figure-text";
import type { PredictionResult, RegionResult } from "@/lib/api/schema";
import { cn } from "@/lib/class-names";
import { regionFiguresAt } from "@/lib/result/region-figures";

interface RegionFiguresProps {
  result: PredictionResult;
  region: RegionResult;
  threshold: number;
}

/** The area of a region at or above the chosen threshold. */
export function RegionFigures({ result, region, threshold }: RegionFiguresProps) {
  const t = useTranslations("result.region");
  const common = useTranslations("common");
  const format = useFormatter();
  const { share, probability } = useFigureText();
  const isVerdict = result.verdict !== "not_assessable";
  const { areaMm2, ...rest } = regionFiguresAt(result, region, threshold);
  const area =
    areaMm2 === null
      ? t("unknown_area")
      : t("square_millimetres", { area: format.number(areaMm2, { maximumFractionDigits: 3 }) });
  const figures = [
    { name: t("area"), value: area },
    {
      name: t("tiles"),
      value: t("tile_counts", { malignant: rest.tilesAbove, tissue: rest.tissueTiles }),
    },
    { name: t("share"), value: share(rest.share) },
    { name: t("tissue"), value: share(region.tissue_fraction) },
  ];
  return (
    <section>
      <h2 className="font-semibold text-base">{t("title")}</h2>
      {!isVerdict && <p className="text-muted text-sm">{common("not_a_verdict")}</p>}
      {threshold !== result.threshold && (
        <p className="text-muted text-sm">
          {t("moved", {
            threshold: probability(threshold),
            own: probability(result.threshold),
          })}
        </p>
      )}
      <dl
        data-testid="region-figures"
        className="mt-1 divide-y border-y print:grid print:grid-cols-2 print:gap-x-8 print:divide-y-0"
      >
        {figures.map(({ name, value }) => (
          <div key={name} className="flex items-baseline justify-between gap-4 py-1 print:py-0.5">
            <dt className="text-muted text-sm">{name}</dt>
            <dd className={cn("shrink-0", isVerdict ? "font-medium" : "text-muted")}>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
