"use client";

import { useFormatter, useTranslations } from "next-intl";
import { useErrorMessage } from "@/hooks/use-error-message";
import { useFigureText } from "@/hooks/use-figure-text";
import { quartersDone } from "@/lib/upload/analysis";
import type { Upload, Uploads } from "@/lib/upload/uploads";

/** Announces verdicts, failures and the progress of long analyses to screen readers. */
export function Announcer({ items, endedId, shownId }: Uploads) {
  const ended = useEndText(items.find(({ id }) => id === endedId));
  const progress = useProgressText(items.find(({ id }) => id === shownId));
  return (
    <>
      <p role="status" className="sr-only">
        {ended}
      </p>
      <p role="status" className="sr-only">
        {progress}
      </p>
    </>
  );
}

function useEndText(upload: Upload | undefined): string | null {
  const t = useTranslations("upload.announce");
  const common = useTranslations("common");
  const format = useFormatter();
  const figures = useFigureText();
  const messageOf = useErrorMessage();
  const name = upload?.file.name ?? "";
  if (upload?.progress.phase === "failed") {
    return t("failed", { name, problem: messageOf(upload.progress.error) });
  }
  if (upload?.progress.phase !== "done") {
    return null;
  }
  const { verdict, reasons, probability } = upload.progress.result;
  return t("done", {
    name,
    verdict: common(`verdict.${verdict}`),
    isVerdict: verdict === "not_assessable" ? "no" : "yes",
    reasons: format.list(reasons.map((code) => common(`warning.${code}.title`))),
    probability: figures.probability(probability),
  });
}

/** The same text for many tiles, so that it is not announced with each of them. */
function useProgressText(upload: Upload | undefined): string | null {
  const t = useTranslations("upload.announce");
  const phase = useTranslations("upload.phase");
  const figures = useFigureText();
  const messageOf = useErrorMessage();
  const name = upload?.file.name ?? "";
  switch (upload?.progress.phase) {
    case "analysing": {
      const quarters = quartersDone(upload.progress.analysis);
      return quarters === null
        ? null
        : t("quarters", { name, share: figures.share(quarters / 4, 0) });
    }
    case "pausing": {
      const { error } = upload.progress;
      return error.code === "offline"
        ? t("failed", { name, problem: phase("offline") })
        : t("pausing", { name, problem: messageOf(error) });
    }
    case "cancelled":
      return t("cancelled", { name });
    default:
      return null;
  }
}
