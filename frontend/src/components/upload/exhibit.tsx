"use client";

import { ArrowRight } from "lucide-react";
import { useFormatter, useTranslations } from "next-intl";
import { VerdictBadge } from "@/components/shared/verdict-badge";
import { ButtonLink } from "@/components/ui/button";
import { FileFacts } from "@/components/upload/file-facts";
import { Preview } from "@/components/upload/preview";
import { UploadActions } from "@/components/upload/upload-actions";
import { UploadStatus } from "@/components/upload/upload-status";
import { VerdictScale } from "@/components/upload/verdict-scale";
import { useOperatingPointLabel } from "@/hooks/use-operating-point-label";
import type { PredictionResult } from "@/lib/api/schema";
import { PROBABILITY_FIGURE } from "@/lib/figures";
import type { UploadQueue } from "@/lib/upload/upload-queue";
import type { Upload } from "@/lib/upload/uploads";

interface ExhibitProps {
  upload: Upload;
  queue: UploadQueue;
}

/** One file, large, and its verdict beside it. */
export function Exhibit({ upload, queue }: ExhibitProps) {
  const t = useTranslations("upload");
  const { file, progress } = upload;
  return (
    <article
      aria-label={file.name}
      className="grid @4xl:grid-cols-[minmax(0,1fr)_21rem] @4xl:min-h-[min(38rem,70dvh)]"
    >
      <div className="relative min-h-[min(22rem,55dvh)] bg-stage">
        <div className="absolute inset-4">
          <Preview key={upload.id} file={file} alt={t("preview", { name: file.name })} isLarge />
        </div>
      </div>
      <div className="flex flex-col gap-4 border-t p-4 @4xl:border-t-0 @4xl:border-l">
        {progress.phase === "done" ? (
          <ChoiceButton result={progress.result} />
        ) : (
          <UploadStatus upload={upload} />
        )}
        <footer className="mt-auto flex flex-wrap items-end justify-between gap-3 border-t pt-4">
          <FileFacts upload={upload} />
          <UploadActions upload={upload} queue={queue} />
        </footer>
      </div>
    </article>
  );
}

function ChoiceButton({ result }: { result: PredictionResult }) {
  const t = useTranslations("upload");
  const common = useTranslations("common");
  const format = useFormatter();
  const texts = useTranslations("result.verdict");
  const pointName = useOperatingPointLabel();
  return (
    <>
      <div className="grid justify-items-start gap-2">
        <VerdictBadge verdict={result.verdict} />
        <p className="text-lg">{common(`verdict_long.${result.verdict}`)}</p>
      </div>
      <div className="grid gap-2">
        <p className="font-semibold text-3xl">
          {format.number(result.probability, PROBABILITY_FIGURE)}
        </p>
        <p className="text-muted text-sm">{texts(`probability.${result.kind}`)}</p>
        <VerdictScale result={result} />
        <p className="text-muted text-sm">
          {t("read_as", {
            point: pointName(result.operating_point),
            kind: common(`kind.${result.kind}`),
            microns: format.number(result.image.microns_per_pixel, { maximumFractionDigits: 3 }),
            source: common(`scale_source.${result.image.scale_source}`),
          })}
        </p>
      </div>
      <ButtonLink href={`/results/${result.id}`} className="w-full">
        {t("see")}
        <ArrowRight aria-hidden="true" />
      </ButtonLink>
      <Warnings warnings={result.warnings} />
    </>
  );
}

function Warnings({ warnings }: { warnings: PredictionResult["warnings"] }) {
  const t = useTranslations("common.warning");
  const upload = useTranslations("upload");
  return (
    warnings.length > 0 && (
      <ul
        aria-label={upload("warnings", { count: warnings.length })}
        className="grid gap-2 text-sm"
      >
        {warnings.map(({ code }) => (
          <li key={code} className="border-edge border-l-2 pl-3">
            <p className="font-medium">{t(`${code}.title`)}</p>
            <p className="text-muted">{t(`${code}.text`)}</p>
          </li>
        ))}
      </ul>
    )
  );
}
