"use client";

import Link from "next/link";
import { useFormatter, useTranslations } from "next-intl";
import { memo } from "react";
import { VerdictBadge } from "@/components/shared/verdict-badge";
import { FileFacts } from "@/components/upload/file-facts";
import { Preview } from "@/components/upload/preview";
import { UploadActions } from "@/components/upload/upload-actions";
import { UploadStatus } from "@/components/upload/upload-status";
import { VerdictScale } from "@/components/upload/verdict-scale";
import type { PredictionResult } from "@/lib/api/schema";
import { cn } from "@/lib/class-names";
import { PROBABILITY_FIGURE } from "@/lib/figures";
import type { UploadQueue } from "@/lib/upload/upload-queue";
import type { Upload } from "@/lib/upload/uploads";

interface UploadRowProps {
  upload: Upload;
  isShown: boolean;
  queue: UploadQueue;
}

/** One file among several. */
export const UploadRow = memo(function UploadRow({ upload, isShown, queue }: UploadRowProps) {
  const t = useTranslations("upload");
  const { id, file, progress } = upload;
  return (
    <li
      className={cn(
        "col-span-full grid grid-cols-subgrid items-start gap-x-4 gap-y-2 px-4 py-3 @3xl:items-center",
        isShown && "bg-accent-soft",
      )}
    >
      <button
        type="button"
        aria-label={t("show", { name: file.name })}
        aria-pressed={isShown}
        onClick={() => queue.show(id)}
        className="row-span-3 size-16 overflow-hidden rounded-sm border bg-stage hover:border-accent @3xl:row-span-1"
      >
        <Preview file={file} alt="" />
      </button>
      <FileFacts upload={upload} />
      <div>
        {progress.phase === "done" ? (
          <RowResult result={progress.result} name={file.name} />
        ) : (
          <UploadStatus upload={upload} />
        )}
      </div>
      <UploadActions upload={upload} queue={queue} />
    </li>
  );
});

function RowResult({ result, name }: { result: PredictionResult; name: string }) {
  const t = useTranslations("upload");
  const format = useFormatter();
  const warnings = result.warnings.length;
  return (
    <div className="grid gap-x-6 gap-y-2 @5xl:grid-cols-2 @5xl:items-center">
      <div className="grid justify-items-start gap-1">
        <p className="flex items-center gap-3 text-sm">
          <VerdictBadge verdict={result.verdict} />
          {format.number(result.probability, PROBABILITY_FIGURE)}
        </p>
        <p className="flex flex-wrap gap-x-3 py-0.5 text-sm">
          <Link
            href={`/results/${result.id}`}
            aria-label={`${t("see")}: ${name}`}
            className="text-accent underline underline-offset-4 hover:text-accent-strong"
          >
            {t("see")}
          </Link>
          {warnings > 0 && <span className="text-muted">{t("warnings", { count: warnings })}</span>}
        </p>
      </div>
      <VerdictScale result={result} />
    </div>
  );
}
