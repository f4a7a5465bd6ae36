"use client";

import { useTranslations } from "next-intl";
import { ExhibitResult } from "@/components/upload/exhibit-result";
import { FileFacts } from "@/components/upload/file-facts";
import { Preview } from "@/components/upload/preview";
import { ScaleQuestions } from "@/components/upload/scale-questions";
import { UploadActions } from "@/components/upload/upload-actions";
import { UploadLegend, UploadMap } from "@/components/upload/upload-map";
import { UploadStatus } from "@/components/upload/upload-status";
import type { UploadQueue } from "@/lib/upload/upload-queue";
import type { Upload } from "@/lib/upload/uploads";

interface ExhibitProps {
  upload: Upload;
  queue: UploadQueue;
  /** Whether its scale is asked for beside it, rather than for several images at once. */
  isAskedHere: boolean;
}

/** One file, large, and its verdict beside it. */
export function Exhibit({ upload, queue, isAskedHere }: ExhibitProps) {
  const t = useTranslations("upload");
  const { file, progress } = upload;
  return (
    <article
      aria-label={file.name}
      className="grid @4xl:grid-cols-[minmax(0,1fr)_23rem] @4xl:min-h-[min(38rem,70dvh)]"
    >
      <div className="relative min-h-[min(22rem,55dvh)] bg-stage">
        <div className="absolute inset-4">
          <Preview key={upload.id} file={file} alt={t("preview", { name: file.name })} isLarge />
          <UploadMap upload={upload} />
        </div>
      </div>
      <div className="flex flex-col gap-4 border-t p-4 @4xl:border-t-0 @4xl:border-l">
        {progress.phase === "done" ? (
          <ExhibitResult
            result={progress.result}
            fileName={file.name}
            onAskScale={() => queue.askScaleAgain(upload.id)}
          />
        ) : isAskedHere && progress.phase === "asking" ? (
          <ScaleQuestions uploads={{ items: [upload] }} queue={queue} />
        ) : (
          <UploadStatus upload={upload} />
        )}
        <UploadLegend upload={upload} />
        <footer className="mt-auto flex flex-wrap items-end justify-between gap-3 border-t pt-4">
          <FileFacts upload={upload} />
          <UploadActions upload={upload} queue={queue} />
        </footer>
      </div>
    </article>
  );
}
