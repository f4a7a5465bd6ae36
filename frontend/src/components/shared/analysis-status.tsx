"use client";

import { useFormatter, useTranslations } from "next-intl";
import { ProgressLine } from "@/components/shared/progress-line";
import { useFigureText } from "@/hooks/use-figure-text";
import { useScaleSource } from "@/hooks/use-scale-source";
import type { ImageEvent } from "@/lib/api/schema";
import {
  type Analysis,
  roundedTime,
  secondsLeft,
  tilesPerSecond,
  tissueShare,
} from "@/lib/upload/analysis";

/** The service's progress on an image, and the remaining time. */
export function AnalysisStatus({ name, analysis }: { name: string; analysis: Analysis }) {
  const t = useTranslations("upload.analysis");
  const figures = useFigureText();
  const text = useTilesText(analysis);
  const { image, tissue, done } = analysis;
  return (
    <div className="grid gap-2">
      {image && <ImageLine image={image} fileName={name} />}
      {tissue && (
        <p className="text-sm">{t("tissue", { share: figures.share(tissueShare(tissue), 0) })}</p>
      )}
      <ProgressLine
        name={name}
        percent={tissue ? Math.floor((100 * done) / Math.max(1, tissue.total)) : null}
        text={text}
      />
    </div>
  );
}

function ImageLine({ image, fileName }: { image: ImageEvent; fileName: string }) {
  const t = useTranslations("upload.analysis");
  const sourceOf = useScaleSource();
  const format = useFormatter();
  return (
    <p className="text-sm">
      {t("image", {
        width: image.width,
        height: image.height,
        microns: format.number(image.microns_per_pixel, { maximumFractionDigits: 3 }),
        source: sourceOf(image, fileName),
      })}
    </p>
  );
}

/** Tiles done, their rate, and the time left; before there are tiles, the current step. */
function useTilesText(analysis: Analysis): string {
  const t = useTranslations("upload.analysis");
  const phase = useTranslations("upload.phase");
  const format = useFormatter();
  const { image, tissue, done } = analysis;
  if (!tissue) {
    return image?.kind === "region" ? t("finding") : phase("analysing");
  }
  const rate = tilesPerSecond(analysis);
  const left = secondsLeft(analysis);
  const parts = [t("tiles", { done, total: tissue.total })];
  if (rate !== null && left !== null) {
    const { value, unit } = roundedTime(left);
    const time = format.number(value, { style: "unit", unit });
    parts.push(t("rate", { rate: format.number(rate, { maximumSignificantDigits: 2 }) }));
    parts.push(t("left", { time }));
  }
  return parts.join(" · ");
}
