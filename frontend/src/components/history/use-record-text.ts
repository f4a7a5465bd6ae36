"use client";

import { useFormatter, useTranslations } from "next-intl";
import { useDateFormat } from "@/hooks/use-date-format";
import { useFigureText } from "@/hooks/use-figure-text";
import { useOperatingPointLabel } from "@/hooks/use-operating-point-label";
import { useResultNames } from "@/hooks/use-result-names";
import type { HistoryItem, WarningCode } from "@/lib/api/schema";
import { isWithheldForSlide } from "@/lib/result/whole-slide";

/** The texts of a record in the visitor's language; `zone` is an IANA name. */
export function useRecordText(zone: string) {
  const format = useFormatter();
  const t = useTranslations("history");
  const common = useTranslations("common");
  const pointName = useOperatingPointLabel();
  const names = useResultNames();
  const dateText = useDateFormat();
  const figures = useFigureText();
  const probability = (value: number) => figures.probability(value, 2);
  const titles = (codes: readonly WarningCode[]) =>
    format.list(codes.map((code) => common(`warning.${code}.title`)));
  return {
    probability,
    time: ({ created_at }: HistoryItem) =>
      dateText(new Date(created_at), {
        dateStyle: "medium",
        timeStyle: "short",
        timeZone: zone,
      }),
    threshold: ({ operating_point, threshold }: HistoryItem) =>
      `${pointName(operating_point)} ${probability(threshold)}`,
    size: ({ image }: HistoryItem) =>
      `${format.number(image.width)} × ${format.number(image.height)} px`,
    scale: ({ image }: HistoryItem) =>
      image.scale_source === "assumed"
        ? t("scale_unknown")
        : `${format.number(image.microns_per_pixel, { maximumFractionDigits: 3 })} µm/px`,
    /** Null for a patch, which has none. */
    area: ({ kind, malignant_area_mm2 }: HistoryItem) =>
      malignant_area_mm2 === null
        ? kind === "region"
          ? t("scale_unknown")
          : null
        : `${format.number(malignant_area_mm2, { minimumFractionDigits: 2, maximumFractionDigits: 2 })} mm²`,
    /** Empty if it has no filing. */
    filing: ({ case_label, folder }: HistoryItem) =>
      [case_label, folder && t("in_folder", { folder })].filter(Boolean).join(" · "),
    review: ({ review }: HistoryItem) => common(`review.${review?.opinion ?? "none"}`),
    warnings: ({ warnings }: HistoryItem) => titles(warnings),
    /** Why there is no verdict; empty if there is one, or if its name says so. */
    reasons: (item: HistoryItem) => (isWithheldForSlide(item) ? "" : titles(item.reasons)),
    /** The other warnings. */
    cautions: ({ warnings, reasons }: HistoryItem) =>
      titles(warnings.filter((code) => !reasons.some((reason) => reason === code))),
    kind: names.kind,
    picture: (item: HistoryItem) =>
      t("picture", { kind: names.kind(item), verdict: names.verdict(item) }),
  };
}

export type RecordText = ReturnType<typeof useRecordText>;
