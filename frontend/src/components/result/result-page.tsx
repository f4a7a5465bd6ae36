"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { ResultSkeleton } from "@/components/result/result-skeleton";
import { ResultView } from "@/components/result/result-view";
import { Problem } from "@/components/shared/problem";
import { ButtonLink } from "@/components/ui/button";
import { useErrorMessage } from "@/hooks/use-error-message";
import { ApiError } from "@/lib/api/error";
import { recordQuery } from "@/lib/api/queries";

/** One result of this visitor; another visitor's result is reported as unknown. */
export function ResultPage({ id }: { id: string }) {
  const { data: record, error, refetch } = useQuery(recordQuery(id));
  // A result that was deleted elsewhere is still in this page's memory. One that waits to be saved
  // is not in the history yet.
  const isExpected = record?.result.saved !== false;
  if (isExpected && error instanceof ApiError && error.code === "unknown_record") {
    return <NoSuchResult error={error} />;
  }
  if (record) {
    return <ResultView record={record} />;
  }
  return error ? <Problem error={error} onRetry={() => refetch()} /> : <ResultSkeleton />;
}

function NoSuchResult({ error }: { error: ApiError }) {
  const t = useTranslations("result.unknown");
  const messageOf = useErrorMessage();
  return (
    <div className="grid max-w-xl gap-3 py-8" data-code={error.code}>
      <h1 className="font-semibold text-2xl">{t("title")}</h1>
      <p>{messageOf(error)}</p>
      <p className="text-muted text-sm">{t("not_saved")}</p>
      <div className="mt-3 flex flex-wrap gap-3">
        <ButtonLink href="/">{t("upload")}</ButtonLink>
        <ButtonLink href="/history" variant="outline">
          {t("history")}
        </ButtonLink>
      </div>
    </div>
  );
}
