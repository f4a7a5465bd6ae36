import { useTranslations } from "next-intl";
import { AnalyseAgain } from "@/components/result/analyse-again";
import { NoVerdict } from "@/components/shared/no-verdict";
import { ProbabilityScale } from "@/components/shared/probability-scale";
import { VERDICT_TEXT, VerdictMark } from "@/components/shared/verdict-badge";
import { useFigures } from "@/components/threshold/use-figures";
import { useFigureText } from "@/hooks/use-figure-text";
import { useResultNames } from "@/hooks/use-result-names";
import type { PredictionResult } from "@/lib/api/schema";
import { cn } from "@/lib/class-names";
import { probabilityKind } from "@/lib/result/geometry";
import { isWithheldForSlide } from "@/lib/result/whole-slide";
import { bandOfResult } from "@/lib/threshold/threshold";

/** The verdict and how far it is from the threshold, or why there is none. */
export function VerdictSummary({ result }: { result: PredictionResult }) {
  const texts = useTranslations("result.verdict");
  const names = useResultNames();
  const { threshold: text } = useFigures();
  const { verdict } = result;
  const band = bandOfResult(result);
  return (
    <section
      aria-label={texts("label")}
      className="grid gap-2 sm:gap-3 print:grid-cols-[auto_1fr] print:items-baseline print:gap-x-8 print:gap-y-2 print:*:nth-[n+3]:col-span-2"
    >
      <div>
        <h1
          className={cn("flex items-baseline gap-2 font-semibold text-xl", VERDICT_TEXT[verdict])}
        >
          <VerdictMark verdict={verdict} className="size-4 translate-y-px" />
          {names.verdict(result)}
        </h1>
        {!isWithheldForSlide(result) && (
          <p
            className={cn(
              "mt-1 text-muted text-sm",
              verdict !== "not_assessable" &&
                "hidden sm:block print:hidden lg:[@media(max-height:52rem)]:hidden",
            )}
          >
            {texts(`meaning.${verdict}`, {
              threshold: text(result.threshold),
              band: band ? "some" : "none",
              low: band ? text(band.low) : "",
              high: band ? text(band.high) : "",
            })}
          </p>
        )}
      </div>
      {verdict === "not_assessable" && (
        <NoVerdict result={result}>
          <AnalyseAgain result={result} />
        </NoVerdict>
      )}
      <Probability result={result} />
    </section>
  );
}

/** The probability beside its threshold; without a verdict, smaller and marked as such. */
function Probability({ result }: { result: PredictionResult }) {
  const t = useTranslations("common");
  const texts = useTranslations("result.verdict");
  const figures = useFigureText();
  const { verdict, probability, threshold } = result;
  const isVerdict = verdict !== "not_assessable";
  return (
    <div className="grid gap-2">
      {!isVerdict && <p className="font-medium text-sm">{t("not_a_verdict")}</p>}
      <p className="flex items-center gap-x-3">
        <span
          className={isVerdict ? "font-semibold text-2xl sm:text-3xl" : "text-lg text-muted"}
          data-testid="probability"
        >
          {figures.probability(probability)}
        </span>
        <span className="text-muted text-xs sm:text-sm">
          {texts(`probability.${probabilityKind(result)}`)}
        </span>
      </p>
      <ProbabilityScale
        probability={probability}
        threshold={threshold}
        band={bandOfResult(result)}
        verdict={verdict}
      />
    </div>
  );
}
