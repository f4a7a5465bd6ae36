import { useFormatter, useTranslations } from "next-intl";
import { useFigureText } from "@/hooks/use-figure-text";
import type { Focus } from "@/lib/api/schema";

const AREA_DECIMALS = 3;
const LENGTH_DECIMALS = 2;

/** Formats the figures of a focus, in mm² and mm like the rest of the page. */
export function useFocusText() {
  const t = useTranslations("result.foci");
  const format = useFormatter();
  const { probability } = useFigureText();
  return {
    peak: ({ peak_probability }: Focus) => probability(peak_probability),
    size: ({ area_mm2, largest_dimension_mm }: Focus) =>
      area_mm2 === null || largest_dimension_mm === null
        ? t("unknown_size")
        : t("size", {
            area: format.number(area_mm2, { maximumFractionDigits: AREA_DECIMALS }),
            length: format.number(largest_dimension_mm, {
              maximumFractionDigits: LENGTH_DECIMALS,
            }),
          }),
  };
}
