"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { VerdictBadge } from "@/components/shared/verdict-badge";
import { SeveritySign } from "@/components/shared/warning-list";
import { Button } from "@/components/ui/button";
import { VerdictScale } from "@/components/upload/verdict-scale";
import { useFigureText } from "@/hooks/use-figure-text";
import type { PredictionResult, WarningCode } from "@/lib/api/schema";
import { bySeverity, scaleStep } from "@/lib/result/warnings";

interface RowResultProps {
  result: PredictionResult;
  name: string;
  /** Warnings that all results share, which are shown above and not here. */
  saidAbove: ReadonlySet<WarningCode>;
  onAskScale: () => void;
}

/** One result among several, short: its warnings by name. */
export function RowResult({ result, name, saidAbove, onAskScale }: RowResultProps) {
  const t = useTranslations("upload");
  const common = useTranslations("common");
  const verdict = useTranslations("result.verdict");
  const figures = useFigureText();
  const step = scaleStep(result);
  const isVerdict = result.verdict !== "not_assessable";
  const warnings = bySeverity(result.warnings).filter(({ code }) => !saidAbove.has(code));
  return (
    <div className="grid gap-x-6 gap-y-2 @5xl:grid-cols-2 @5xl:items-center">
      <div className="grid justify-items-start gap-1">
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
          <VerdictBadge result={result} />
          {isVerdict && figures.probability(result.probability)}
        </p>
        {warnings.length > 0 && (
          <ul aria-label={t("warnings", { count: warnings.length })} className="grid text-xs">
            {warnings.map(({ code, severity }) => (
              <li key={code} className="flex items-center gap-1.5">
                <SeveritySign severity={severity} className="size-3.5" />
                {common(`warning.${code}.title`)}
              </li>
            ))}
          </ul>
        )}
        <p className="flex flex-wrap gap-x-3 py-0.5 text-sm">
          <Link
            href={`/results/${result.id}`}
            aria-label={`${t("see")}: ${name}`}
            className="text-accent underline underline-offset-4 hover:text-accent-strong"
          >
            {t("see")}
          </Link>
          {step && (
            <Button
              variant="link"
              size="bare"
              className="font-normal"
              aria-label={`${verdict(step)}: ${name}`}
              onClick={onAskScale}
            >
              {verdict(step)}
            </Button>
          )}
        </p>
      </div>
      {isVerdict ? (
        <VerdictScale result={result} />
      ) : (
        <p className="text-muted text-xs">
          {`${common("not_a_verdict")}: ${common("probability")} ${figures.probability(result.probability)}`}
        </p>
      )}
    </div>
  );
}
