import { useTranslations } from "next-intl";
import { useFigureText } from "@/hooks/use-figure-text";
import { useOperatingPointLabel } from "@/hooks/use-operating-point-label";
import type { OperatingPointReport, PredictionResult } from "@/lib/api/schema";

interface OperatingPointProps {
  result: PredictionResult;
  /** The point's figures, if known. */
  measured: OperatingPointReport | null;
}

/** The rule from the probability to the verdict, with its figures on patches. */
export function OperatingPoint({ result, measured }: OperatingPointProps) {
  const t = useTranslations("result.verdict");
  const labelOf = useOperatingPointLabel();
  const { share } = useFigureText();
  const isMeasured = result.kind === "patch" && result.verdict !== "not_assessable";
  return (
    <p className="text-xs sm:text-sm">
      <span className="font-medium">{labelOf(result.operating_point)}</span>
      {result.kind === "region" && (
        <span className="text-muted">{` · ${t("region_unmeasured")}`}</span>
      )}
      {isMeasured &&
        typeof measured?.sensitivity === "number" &&
        typeof measured.specificity === "number" && (
          <span className="text-muted">
            {` · ${t("measured", {
              sensitivity: share(measured.sensitivity, 0),
              specificity: share(measured.specificity, 0),
            })}`}
          </span>
        )}
    </p>
  );
}
