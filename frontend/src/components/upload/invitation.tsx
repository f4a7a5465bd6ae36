"use client";

import { useQuery } from "@tanstack/react-query";
import { useFormatter, useTranslations } from "next-intl";
import { FileButtons } from "@/components/upload/file-buttons";
import { useFileSize } from "@/components/upload/use-file-size";
import { modelQuery } from "@/lib/api/queries";
import { writtenName } from "@/lib/upload/formats";

/** The empty stage: how images get here, and which. */
export function Invitation({ onFiles }: { onFiles: (files: readonly File[]) => void }) {
  const t = useTranslations("upload");
  return (
    <div className="grid items-center gap-12 bg-stage p-6 @3xl:min-h-[clamp(26rem,100dvh-26rem,40rem)] @3xl:grid-cols-[minmax(0,1fr)_auto] @3xl:p-12">
      <div className="grid justify-items-start gap-4 py-6">
        <div className="grid gap-2">
          <h2 className="font-semibold text-xl">{t("drop")}</h2>
          <p className="max-w-prose text-muted">{t("ways")}</p>
        </div>
        <FileButtons isProminent onFiles={onFiles} />
        <Limits />
        <p className="hidden max-w-prose text-muted text-sm pointer-coarse:block">
          {t("photo_hint")}
        </p>
      </div>
      <PatchFigure />
    </div>
  );
}

/** How large a patch is: what the model's scale means is sooner seen than read. */
function PatchFigure() {
  const t = useTranslations("upload.patch");
  return (
    <figure className="hidden w-64 gap-2 text-muted text-xs @3xl:grid">
      {/* biome-ignore lint/performance/noImgElement: 50x50 pixels, to be shown as they are */}
      <img
        src="/samples/drawn_crowded.png"
        width={50}
        height={50}
        alt={t("alt")}
        className="pixelated w-full border border-edge"
      />
      <span
        aria-hidden="true"
        className="flex items-center gap-2 before:h-2 before:flex-1 before:border-edge before:border-b before:border-l after:h-2 after:flex-1 after:border-edge after:border-r after:border-b"
      >
        {t("side")}
      </span>
      <figcaption>{t("text")}</figcaption>
    </figure>
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
    <p className="max-w-prose text-muted text-sm">
      {t("limits", {
        formats: format.list(formats.map(writtenName), { type: "disjunction" }),
        size: bytes(max_upload_bytes),
        megapixels: format.number(max_pixels / 1e6, { maximumFractionDigits: 1 }),
      })}
    </p>
  );
}
