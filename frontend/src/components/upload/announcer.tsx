"use client";

import { useFormatter, useTranslations } from "next-intl";
import { useErrorMessage } from "@/hooks/use-error-message";
import { useFigureText } from "@/hooks/use-figure-text";
import type { Uploads } from "@/lib/upload/uploads";

/** Says each verdict, and each failure, to who does not see the page. */
export function Announcer({ items, endedId }: Uploads) {
  const t = useTranslations("upload.announce");
  const common = useTranslations("common");
  const format = useFormatter();
  const figures = useFigureText();
  const messageOf = useErrorMessage();
  const ended = items.find(({ id }) => id === endedId);
  const name = ended?.file.name ?? "";
  return (
    <p role="status" className="sr-only">
      {ended?.progress.phase === "done" &&
        t("done", {
          name,
          verdict: common(`verdict.${ended.progress.result.verdict}`),
          isVerdict: ended.progress.result.verdict === "not_assessable" ? "no" : "yes",
          reasons: format.list(
            ended.progress.result.reasons.map((code) => common(`warning.${code}.title`)),
          ),
          probability: figures.probability(ended.progress.result.probability),
        })}
      {ended?.progress.phase === "failed" &&
        t("failed", { name, problem: messageOf(ended.progress.error) })}
    </p>
  );
}
