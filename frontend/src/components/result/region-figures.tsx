import { useFormatter, useTranslations } from "next-intl";
import { useFigureText } from "@/hooks/use-figure-text";
import type { PredictionResult, RegionResult } from "@/lib/api/schema";

interface RegionFiguresProps {
  result: PredictionResult;
  region: RegionResult;
}

/** How much of a region is at or above the threshold. */
export function RegionFigures({ result, region }: RegionFiguresProps) {
  const t = useTranslations("result.region");
  const common = useTranslations("common");
  const format = useFormatter();
  const { share } = useFigureText();
  const isVerdict = result.verdict !== "not_assessable";
  const { malignant_area_mm2 } = region;
  const area =
    malignant_area_mm2 === null
      ? t("unknown_area")
      : t("square_millimetres", {
          area: format.number(malignant_area_mm2, { maximumFractionDigits: 3 }),
        });
  const tiles = region.tiles.flat();
  const figures = [
    { name: t("area"), value: area },
    { name: t("share"), value: share(region.malignant_fraction) },
    { name: t("tissue"), value: share(region.tissue_fraction) },
    {
      name: t("tiles"),
      value: t("tile_counts", {
        malignant: tiles.filter((p) => p !== null && p >= result.threshold).length,
        tissue: tiles.filter((p) => p !== null).length,
      }),
    },
  ];
  return (
    <section>
      <h2 className="font-semibold text-base">{t("title")}</h2>
      {!isVerdict && <p className="text-muted text-sm">{common("not_a_verdict")}</p>}
      <dl className="mt-2 grid grid-cols-2 gap-px overflow-hidden rounded-md border bg-line print:grid-cols-4">
        {figures.map(({ name, value }) => (
          <div
            key={name}
            className="flex flex-col-reverse justify-end bg-surface px-3 py-2 print:py-1"
          >
            <dt className="text-muted text-xs">{name}</dt>
            <dd className={isVerdict ? "text-lg" : "text-muted"}>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
