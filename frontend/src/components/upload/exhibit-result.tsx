"use client";

import { ArrowRight } from "lucide-react";
import { useFormatter, useTranslations } from "next-intl";
import { NoVerdict } from "@/components/shared/no-verdict";
import { VerdictBadge } from "@/components/shared/verdict-badge";
import { WarningList } from "@/components/shared/warning-list";
import { Button, ButtonLink } from "@/components/ui/button";
import { ResultFigures } from "@/components/upload/result-figures";
import { useOperatingPointLabel } from "@/hooks/use-operating-point-label";
import { useResultNames } from "@/hooks/use-result-names";
import { useScaleSource } from "@/hooks/use-scale-source";
import type { PredictionResult } from "@/lib/api/schema";
import { scaleStep } from "@/lib/result/warnings";

interface ExhibitResultProps {
  result: PredictionResult;
  fileName: string;
  /** Asks for the scale once more. */
  onAskScale: () => void;
}

/** The verdict for one image, or why there is none. */
export function ExhibitResult({ result, fileName, onAskScale }: ExhibitResultProps) {
  const t = useTranslations("upload");
  const verdict = useTranslations("result.verdict");
  const step = scaleStep(result);
  const others = result.warnings.filter(({ severity }) => severity !== "withholds");
  return (
    <>
      <VerdictBadge result={result} isLarge className="self-start" />
      {result.verdict === "not_assessable" && (
        <NoVerdict result={result}>
          {step && <Button onClick={onAskScale}>{verdict(step)}</Button>}
        </NoVerdict>
      )}
      <div className="grid gap-2">
        <ResultFigures result={result} />
        <ReadAs result={result} fileName={fileName} />
      </div>
      <ButtonLink
        href={`/results/${result.id}`}
        variant={result.verdict === "not_assessable" ? "outline" : "default"}
        className="w-full"
      >
        {t("see")}
        <ArrowRight aria-hidden="true" />
      </ButtonLink>
      {others.length > 0 && (
        <WarningList warnings={others} label={t("warnings", { count: others.length })} />
      )}
    </>
  );
}

/** How the image was read, and what it was judged with. */
function ReadAs({ result, fileName }: Pick<ExhibitResultProps, "result" | "fileName">) {
  const t = useTranslations("upload");
  const names = useResultNames();
  const sourceOf = useScaleSource();
  const format = useFormatter();
  const pointName = useOperatingPointLabel();
  return (
    <p className="text-muted text-sm">
      {t("read_as", {
        point: pointName(result.operating_point),
        kind: names.kind(result),
        microns: format.number(result.image.microns_per_pixel, { maximumFractionDigits: 3 }),
        source: sourceOf(result.image, fileName),
      })}
    </p>
  );
}
