import { useTranslations } from "next-intl";
import { VerdictScale } from "@/components/upload/verdict-scale";
import { useFigureText } from "@/hooks/use-figure-text";
import type { PredictionResult } from "@/lib/api/schema";
import { probabilityKind } from "@/lib/result/geometry";

/** The probability of a result, what it refers to, and its distance from the threshold. */
export function ResultFigures({ result }: { result: PredictionResult }) {
  const common = useTranslations("common");
  const texts = useTranslations("result.verdict");
  const figures = useFigureText();
  const isVerdict = result.verdict !== "not_assessable";
  return (
    <div className="grid gap-2">
      {!isVerdict && <p className="font-medium text-sm">{common("not_a_verdict")}</p>}
      <p className={isVerdict ? "font-semibold text-3xl" : "text-lg text-muted"}>
        {figures.probability(result.probability)}
      </p>
      <p className="text-muted text-sm">{texts(`probability.${probabilityKind(result)}`)}</p>
      <VerdictScale result={result} />
    </div>
  );
}
