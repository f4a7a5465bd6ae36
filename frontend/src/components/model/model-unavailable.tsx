"use client";

import { useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useEffect } from "react";
import { Problem } from "@/components/shared/problem";
import { modelQuery } from "@/lib/api/queries";

/** Shown until the service responds; then the page is loaded again. */
export function ModelUnavailable() {
  const t = useTranslations();
  const router = useRouter();
  const { dataUpdatedAt, error, refetch } = useQuery(modelQuery);
  useEffect(() => {
    if (dataUpdatedAt > 0) {
      router.refresh();
    }
  }, [dataUpdatedAt, router]);
  return (
    <div className="grid gap-4">
      <p role="status" className="text-muted">
        {error ? t("model.unavailable") : t("common.loading")}
      </p>
      {error && <Problem error={error} onRetry={refetch} />}
    </div>
  );
}
