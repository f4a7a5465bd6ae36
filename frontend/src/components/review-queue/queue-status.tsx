"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import type { LastStep } from "@/components/review-queue/use-review-queue";

interface QueueStatusProps {
  /** How many of the loaded records are left. */
  count: number;
  hasMore: boolean;
  last: LastStep | null;
}

/** Progress of the queue, and the last action with undo. */
export function QueueStatus({ count, hasMore, last }: QueueStatusProps) {
  const t = useTranslations("history.review");
  const reviews = useTranslations("common.review");
  const done = last?.review === "skip" ? t("skipped") : null;
  const saved = last && last.review !== "skip" && t("saved", { review: reviews(last.review) });
  return (
    <div className="flex min-h-6 flex-wrap items-baseline gap-x-4 gap-y-1 text-sm">
      <p role="status">
        <span className="text-muted">{done ?? saved} </span>
        <span className="font-medium">{t(hasMore ? "left_some" : "left", { count })}</span>
      </p>
      {last && (
        <Link
          href={`/results/${last.id}`}
          className="rounded-sm text-accent underline underline-offset-4"
        >
          {t("see_last")}
        </Link>
      )}
    </div>
  );
}
