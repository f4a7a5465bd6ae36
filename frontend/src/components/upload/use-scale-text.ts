"use client";

import { useFormatter, useTranslations } from "next-intl";
import type { PixelSize } from "@/lib/upload/image-header";
import { type Field, fieldsAt, rangeOf } from "@/lib/upload/scale";

/** Formats scales and the resulting fields of view. */
export function useScaleText() {
  const t = useTranslations("upload.scale_question");
  const format = useFormatter();
  const microns = (value: number) => format.number(value, { maximumSignificantDigits: 3 });
  const field = ({ width, height }: Field) => {
    const side = (value: number) => format.number(value, { maximumSignificantDigits: 3 });
    return t("field_of", { width: side(width), height: side(height) });
  };
  return {
    microns,
    field,
    /** The field of one image, or the smallest and largest of several; empty where none is known. */
    fields: (sizes: readonly (PixelSize | null)[], scale: number): string => {
      const range = rangeOf(fieldsAt(sizes, scale));
      if (!range) {
        return "";
      }
      const [least, most] = [field(range.least), field(range.most)];
      return least === most ? most : t("fields_of", { least, most });
    },
  };
}
