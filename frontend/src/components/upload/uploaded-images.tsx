"use client";

import { useTranslations } from "next-intl";
import { useMemo } from "react";
import { Button } from "@/components/ui/button";
import { Exhibit } from "@/components/upload/exhibit";
import { FileButtons } from "@/components/upload/file-buttons";
import { ScaleQuestions } from "@/components/upload/scale-questions";
import { SharedWarnings } from "@/components/upload/shared-warnings";
import { UploadRow } from "@/components/upload/upload-row";
import { codesOfAll } from "@/lib/result/warnings";
import type { UploadQueue } from "@/lib/upload/upload-queue";
import { resultsOf, type Uploads } from "@/lib/upload/uploads";

interface UploadedImagesProps {
  uploads: Uploads;
  queue: UploadQueue;
  onFiles: (files: readonly File[]) => void;
}

/** The images that were added: one large, several also in rows. */
export function UploadedImages({ uploads, queue, onFiles }: UploadedImagesProps) {
  const { items, shownId } = uploads;
  const t = useTranslations("upload");
  const shown = items.find(({ id }) => id === shownId);
  const asking = items.filter(({ progress }) => progress.phase === "asking");
  const isAskedThere = asking.length === 1 && asking[0] === shown;
  const saidAbove = useMemo(() => codesOfAll(resultsOf({ items })), [items]);
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-2 p-2">
        <FileButtons isProminent={false} onFiles={onFiles} />
        <Button variant="ghost" size="sm" onClick={() => queue.clear()}>
          {t("clear")}
        </Button>
      </div>
      {!isAskedThere && <ScaleQuestions uploads={uploads} queue={queue} className="p-4" />}
      {shown && <Exhibit upload={shown} queue={queue} isAskedHere={isAskedThere} />}
      {items.length > 1 && <SharedWarnings uploads={uploads} />}
      {items.length > 1 && (
        <ol className="grid grid-cols-[auto_minmax(0,1fr)] divide-y @3xl:grid-cols-[auto_minmax(0,1fr)_minmax(0,1.6fr)_auto]">
          {items.map((upload) => (
            <UploadRow
              key={upload.id}
              upload={upload}
              isShown={upload.id === shownId}
              queue={queue}
              saidAbove={saidAbove}
            />
          ))}
        </ol>
      )}
    </>
  );
}
