import { useTranslations } from "next-intl";
import { useFigures } from "@/components/threshold/use-figures";
import type { Rule } from "@/lib/threshold/threshold";

/** What the lines around tiles mean, with the thresholds that they follow. */
export function useLineText(): (rule: Rule) => string {
  const t = useTranslations("result.legend");
  const { threshold: text } = useFigures();
  return ({ threshold, band }) =>
    t("lines", {
      threshold: text(threshold),
      band: band ? "some" : "none",
      low: band ? text(band.low) : "",
      high: band ? text(band.high) : "",
    });
}
