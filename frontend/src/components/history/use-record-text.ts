"use client";

import { useFormatter, useTranslations } from "next-intl";
import { useOperatingPointLabel } from "@/hooks/use-operating-point-label";
import type { HistoryItem } from "@/lib/api/schema";

/** What a record says of itself, in the visitor's language; `zone` is an IANA name. */
export function useRecordText(zone: string) {
  const format = useFormatter();
  const t = useTranslations("history");
  const common = useTranslations("common");
  const pointName = useOperatingPointLabel();
  const probability = (value: number) =>
    format.number(value, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  return {
    probability,
    time: ({ created_at }: HistoryItem) =>
      format.dateTime(new Date(created_at), {
        dateStyle: "medium",
        timeStyle: "short",
        timeZone: zone,
      }),
    threshold: ({ operating_point, threshold }: HistoryItem) =>
      `${pointName(operating_point)} ${probability(threshold)}`,
    size: ({ image }: HistoryItem) => `${image.width} × ${image.height} px`,
    scale: ({ image }: HistoryItem) =>
      `${format.number(image.microns_per_pixel, { maximumFractionDigits: 3 })} µm/px`,
    area: ({ malignant_area_mm2 }: HistoryItem) =>
      malignant_area_mm2 === null
        ? null
        : `${format.number(malignant_area_mm2, { minimumFractionDigits: 2, maximumFractionDigits: 2 })} mm²`,
    review: ({ review }: HistoryItem) => common(`review.${review?.opinion ?? "none"}`),
    warnings: ({ warnings }: HistoryItem) =>
      format.list(warnings.map((code) => common(`warning.${code}.title`))),
    picture: ({ kind, verdict }: HistoryItem) =>
      t("picture", { kind: common(`kind.${kind}`), verdict: common(`verdict.${verdict}`) }),
  };
}

export type RecordText = ReturnType<typeof useRecordText>;
