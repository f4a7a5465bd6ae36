"use client";

import { useTranslations } from "next-intl";
import { memo } from "react";
import { FileFacts } from "@/components/upload/file-facts";
import { Preview } from "@/components/upload/preview";
import { RowResult } from "@/components/upload/row-result";
import { UploadActions } from "@/components/upload/upload-actions";
import { UploadMap } from "@/components/upload/upload-map";
import { UploadStatus } from "@/components/upload/upload-status";
import type { WarningCode } from "@/lib/api/schema";
import { cn } from "@/lib/class-names";
import type { UploadQueue } from "@/lib/upload/upload-queue";
import type { Upload } from "@/lib/upload/uploads";

interface UploadRowProps {
  upload: Upload;
  isShown: boolean;
  queue: UploadQueue;
  saidAbove: ReadonlySet<WarningCode>;
}

/** One file among several. */
export const UploadRow = memo(function UploadRow(props: UploadRowProps) {
  const { upload, isShown, queue, saidAbove } = props;
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
        className="relative row-span-3 size-16 overflow-hidden rounded-sm border bg-stage hover:border-accent @3xl:row-span-1"
      >
        <Preview file={file} alt="" />
        <UploadMap upload={upload} />
      </button>
      <FileFacts upload={upload} />
      <div>
        {progress.phase === "done" ? (
          <RowResult
            result={progress.result}
            name={file.name}
            saidAbove={saidAbove}
            onAskScale={() => queue.askScaleAgain(id)}
          />
        ) : (
          <UploadStatus upload={upload} />
        )}
      </div>
      <UploadActions upload={upload} queue={queue} />
    </li>
  );
});
