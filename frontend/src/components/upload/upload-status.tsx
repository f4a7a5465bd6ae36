"use client";

import { useFormatter, useTranslations } from "next-intl";
import { useSecondsUntil } from "@/components/upload/use-seconds-until";
import { useErrorMessage } from "@/hooks/use-error-message";
import type { ApiError } from "@/lib/api/error";
import type { Upload } from "@/lib/upload/uploads";

/** How far a file is, until it has its verdict. */
export function UploadStatus({ upload: { file, progress } }: { upload: Upload }) {
  const t = useTranslations("upload.phase");
  const messageOf = useErrorMessage();
  const format = useFormatter();
  switch (progress.phase) {
    case "done":
      return null;
    case "failed":
      return <p className="text-malignant text-sm">{messageOf(progress.error)}</p>;
    case "cancelled":
      return <p className="text-muted text-sm">{t("cancelled")}</p>;
    case "pausing":
      return <Pausing error={progress.error} nextTryAt={progress.nextTryAt} />;
    case "uploading": {
      const percent = Math.floor(100 * progress.share);
      return (
        <Under
          name={file.name}
          percent={percent}
          text={t("uploading", { share: format.number(percent / 100, { style: "percent" }) })}
        />
      );
    }
    case "asking":
      return <p className="text-sm">{t("asking")}</p>;
    case "waiting":
      return <Under name={file.name} percent={0} text={t("waiting")} />;
    default:
      return <Under name={file.name} percent={null} text={t(progress.phase)} />;
  }
}

interface UnderProps {
  name: string;
  /** Null where nobody knows how long it takes. */
  percent: number | null;
  text: string;
}

function Under({ name, percent, text }: UnderProps) {
  const value = percent === null ? {} : { "aria-valuenow": percent };
  return (
    <div className="grid gap-1.5">
      <p className="text-muted text-sm">{text}</p>
      <div
        role="progressbar"
        aria-label={name}
        aria-valuetext={text}
        aria-valuemin={0}
        aria-valuemax={100}
        {...value}
        className="h-1 overflow-hidden rounded-full bg-raised"
      >
        <span
          className={
            percent === null
              ? "block h-full w-full animate-pulse bg-accent"
              : "block h-full bg-accent"
          }
          style={percent === null ? {} : { width: `${percent}%` }}
        />
      </div>
    </div>
  );
}

function Pausing({ error, nextTryAt }: { error: ApiError; nextTryAt: number }) {
  const t = useTranslations("upload.phase");
  const common = useTranslations("common");
  const messageOf = useErrorMessage();
  const seconds = useSecondsUntil(nextTryAt);
  const next = common("retry_in", { seconds });
  return <p className="text-sm">{`${messageOf(error)} ${t("pausing")} ${next}`}</p>;
}
