"use client";

import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { type ReactNode, useEffect } from "react";
import { NotLoaded } from "@/components/shared/not-loaded";
import { Invitation } from "@/components/upload/invitation";
import { useIdle } from "@/hooks/use-idle";
import type { UploadQueue } from "@/lib/upload/upload-queue";
import type { Uploads } from "@/lib/upload/uploads";

// Home does not need it; it is loaded before the first image is ready.
const loadUploadedImages = () =>
  import("@/components/upload/uploaded-images").then(({ UploadedImages }) => UploadedImages);
const UploadedImages = dynamic(() => loadUploadedImages().catch(() => NotLoaded));

interface StageProps {
  uploads: Uploads;
  queue: UploadQueue;
  /** Content beside the invitation; null if there is none. */
  example: ReactNode;
  onFiles: (files: readonly File[]) => void;
}

/** The stage: an invitation, one image, or several in rows. */
export function Stage({ uploads, queue, example, onFiles }: StageProps) {
  const t = useTranslations("upload");
  const isIdle = useIdle();
  useEffect(() => {
    if (isIdle) {
      loadUploadedImages().catch(() => undefined);
    }
  }, [isIdle]);
  return (
    <section
      aria-label={t("images")}
      className="@container divide-y overflow-hidden rounded-lg border bg-surface"
    >
      {uploads.items.length > 0 ? (
        <UploadedImages uploads={uploads} queue={queue} onFiles={onFiles} />
      ) : (
        <>
          <Invitation onFiles={onFiles} isAlone={!example} />
          {example}
        </>
      )}
    </section>
  );
}
