"use client";

import { useQuery } from "@tanstack/react-query";
import { useFormatter, useTranslations } from "next-intl";
import { FileButtons } from "@/components/upload/file-buttons";
import { useFileSize } from "@/hooks/use-file-size";
import { modelQuery } from "@/lib/api/queries";
import { cn } from "@/lib/class-names";
import { writtenName } from "@/lib/upload/formats";

interface InvitationProps {
  onFiles: (files: readonly File[]) => void;
  /** Whether it is alone on the stage. */
  isAlone: boolean;
}

/** The empty stage: how to add images, and which formats. */
export function Invitation({ onFiles, isAlone }: InvitationProps) {
  const t = useTranslations("upload");
  const slides = useTranslations("slide");
  return (
    <div
      className={cn(
        "grid items-center justify-items-start gap-x-8 gap-y-4 bg-stage p-4",
        isAlone
          ? "@3xl:min-h-[clamp(26rem,100dvh-26rem,40rem)] @3xl:content-center @3xl:p-12"
          : "@3xl:grid-cols-[minmax(0,1fr)_auto] @3xl:py-3",
      )}
    >
      <div className="grid gap-1">
        <h2 className="font-semibold text-xl">{t("drop")}</h2>
        <p className="text-pretty text-muted pointer-coarse:hidden">{t("ways")}</p>
        <p className="hidden text-pretty text-muted pointer-coarse:block">{t("ways_touch")}</p>
        <Limits />
        <p className="text-pretty text-muted text-sm">{slides("invitation")}</p>
      </div>
      <FileButtons isProminent onFiles={onFiles} />
      <p className="hidden max-w-prose text-muted text-sm pointer-coarse:block">
        {t("photo_hint")}
      </p>
    </div>
  );
}

function Limits() {
  const t = useTranslations("upload");
  const format = useFormatter();
  const bytes = useFileSize();
  const { data: model } = useQuery(modelQuery);
  if (!model) {
    return null;
  }
  const { formats, max_pixels, max_upload_bytes } = model.limits;
  return (
    <p className="text-pretty text-muted text-sm">
      {t("limits", {
        formats: format.list(formats.map(writtenName), { type: "disjunction" }),
        size: bytes(max_upload_bytes),
        megapixels: format.number(max_pixels / 1e6, { maximumFractionDigits: 1 }),
      })}
    </p>
  );
}
