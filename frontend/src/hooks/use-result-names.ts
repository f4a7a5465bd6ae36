import { useTranslations } from "next-intl";
import type { PredictionResult } from "@/lib/api/schema";
import { isOfSlide, isWithheldForSlide } from "@/lib/result/whole-slide";

/** What a result was computed of, and its verdict, in the visitor's language. */
export type Named = Pick<PredictionResult, "kind" | "verdict" | "reasons">;

export function useResultNames() {
  const t = useTranslations("common");
  return {
    kind: (result: Named) => (isOfSlide(result) ? t("whole_slide.kind") : t(`kind.${result.kind}`)),
    verdict: (result: Named) =>
      isWithheldForSlide(result) ? t("whole_slide.verdict") : t(`verdict.${result.verdict}`),
  };
}
