"use client";

import { useFormatter, useTranslations } from "next-intl";
import { useErrorMessage } from "@/hooks/use-error-message";
import { PROBABILITY_FIGURE } from "@/lib/figures";
import type { Uploads } from "@/lib/upload/uploads";

/** Says each verdict, and each failure, to who does not see the page. */
export function Announcer({ items, endedId }: Uploads) {
  const t = useTranslations("upload.announce");
  const common = useTranslations("common");
  const format = useFormatter();
  const messageOf = useErrorMessage();
  const ended = items.find(({ id }) => id === endedId);
  const name = ended?.file.name ?? "";
  return (
    <p role="status" className="sr-only">
      {ended?.progress.phase === "done" &&
        t("done", {
          name,
          verdict: common(`verdict_long.${ended.progress.result.verdict}`),
          probability: format.number(ended.progress.result.probability, PROBABILITY_FIGURE),
        })}
      {ended?.progress.phase === "failed" &&
        t("failed", { name, problem: messageOf(ended.progress.error) })}
    </p>
  );
}
