"use client";

import { useTranslations } from "next-intl";
import { Button } from "@/components/ui/button";
import { ApiError } from "@/lib/api/error";
import type { UploadQueue } from "@/lib/upload/upload-queue";
import { isUnderWay, type Progress, type Upload } from "@/lib/upload/uploads";

interface UploadActionsProps {
  upload: Upload;
  queue: UploadQueue;
}

/** Whether a retry may succeed. */
function mayHelp(progress: Progress): boolean {
  return progress.phase === "failed"
    ? !(progress.error instanceof ApiError && progress.error.isOfFile)
    : progress.phase === "cancelled";
}

/** The current actions for a file. */
export function UploadActions({ upload: { id, file, progress }, queue }: UploadActionsProps) {
  const t = useTranslations("upload");
  const common = useTranslations("common");
  const { phase } = progress;
  const actions = [
    { text: t("try_now"), isOffered: phase === "pausing", act: queue.tryNow },
    { text: common("retry"), isOffered: mayHelp(progress), act: () => queue.retry(id) },
    {
      text: common("cancel"),
      isOffered: isUnderWay(progress),
      act: () => queue.cancel(id),
    },
    { text: t("remove"), isOffered: !isUnderWay(progress), act: () => queue.remove(id) },
  ];
  return (
    <div className="flex flex-wrap gap-2 @3xl:justify-end">
      {actions
        .filter(({ isOffered }) => isOffered)
        .map(({ text, act }) => (
          <Button
            key={text}
            variant="outline"
            size="sm"
            aria-label={`${text}: ${file.name}`}
            onClick={act}
          >
            {text}
          </Button>
        ))}
    </div>
  );
}
