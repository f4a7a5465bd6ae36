"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { Button, ButtonLink, DownloadLink } from "@/components/ui/button";
import { apiPath } from "@/lib/api/client";
import { statisticsQuery } from "@/lib/api/queries";

interface QueueEndProps {
  skipped: number;
  onAgain: () => void;
}

/** After the last record: what to do next. */
export function QueueEnd({ skipped, onAgain }: QueueEndProps) {
  const t = useTranslations("history.review");
  const { data: statistics, isPending } = useQuery(statisticsQuery({}));
  const hasNone = statistics?.total === 0;
  const part = skipped > 0 ? "round" : hasNone ? "none" : "done";
  if (skipped === 0 && isPending) {
    return <div className="min-h-[75dvh]" />;
  }
  return (
    <section className="grid min-h-[75dvh] content-start justify-items-start gap-3 border-t pt-6 [&>p]:max-w-prose">
      <h2 className="font-semibold text-lg">{t(`${part}_title`)}</h2>
      <p className="text-muted">{t(`${part}_text`, { count: skipped })}</p>
      <div className="flex flex-wrap gap-3">
        {part === "round" && <Button onClick={onAgain}>{t("again")}</Button>}
        {part === "none" ? (
          <ButtonLink href="/">{t("to_upload")}</ButtonLink>
        ) : (
          <>
            <ButtonLink href="/dashboard" variant="outline">
              {t("to_dashboard")}
            </ButtonLink>
            <DownloadLink
              variant="outline"
              href={apiPath("/history/export.csv", { reviewed: true })}
            >
              {t("to_csv")}
            </DownloadLink>
          </>
        )}
        <ButtonLink href="/history" variant="outline">
          {t("to_history")}
        </ButtonLink>
      </div>
    </section>
  );
}
