"use client";

import { useFormatter, useTranslations } from "next-intl";
import { AnalysisStatus } from "@/components/shared/analysis-status";
import { ProgressLine } from "@/components/shared/progress-line";
import { useSecondsUntil } from "@/components/upload/use-seconds-until";
import { useErrorMessage } from "@/hooks/use-error-message";
import type { ApiError } from "@/lib/api/error";
import type { Upload } from "@/lib/upload/uploads";

/** Progress of a file until its verdict. */
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
        <ProgressLine
          name={file.name}
          percent={percent}
          text={t("uploading", { share: format.number(percent / 100, { style: "percent" }) })}
        />
      );
    }
    case "asking":
      return <p className="text-sm">{t("asking")}</p>;
    case "waiting":
      return <ProgressLine name={file.name} percent={0} text={t("waiting")} />;
    case "analysing":
      return <AnalysisStatus name={file.name} analysis={progress.analysis} />;
    case "checking":
      return <ProgressLine name={file.name} percent={null} text={t("checking")} />;
  }
}

function Pausing({ error, nextTryAt }: { error: ApiError; nextTryAt: number }) {
  const t = useTranslations("upload.phase");
  const common = useTranslations("common");
  const messageOf = useErrorMessage();
  const seconds = useSecondsUntil(nextTryAt);
  const next = common("retry_in", { seconds });
  return (
    <p className="text-sm">
      {error.code === "offline" ? t("offline") : `${messageOf(error)} ${t("pausing")} ${next}`}
    </p>
  );
}
