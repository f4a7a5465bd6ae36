"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { Moment } from "@/components/shared/moment";
import { modelQuery } from "@/lib/api/queries";
import type { Review } from "@/lib/api/schema";
import { cn } from "@/lib/class-names";
import { meaningOf, newestFirst } from "@/lib/history/reviews";

/** All reviews of a result, the latest, which counts, first. */
export function ReviewList({ reviews }: { reviews: readonly Review[] }) {
  const t = useTranslations("result.review");
  if (reviews.length === 0) {
    return <p className="text-muted text-sm">{t("none")}</p>;
  }
  return (
    <ol
      aria-label={t("list")}
      className="divide-y border-y text-sm print:[&>:nth-child(n+3)]:hidden"
    >
      {newestFirst(reviews).map((review, index) => (
        <ReviewEntry key={review.id} review={review} isLatest={index === 0} />
      ))}
    </ol>
  );
}

function ReviewEntry({ review, isLatest }: { review: Review; isLatest: boolean }) {
  const t = useTranslations("result.review");
  const choices = useTranslations("common.review");
  const { data: model } = useQuery(modelQuery);
  const meaning = meaningOf(review.label, model?.classNames ?? []);
  return (
    <li className="grid gap-1 py-2 print:gap-0 print:py-1">
      <p className="flex flex-wrap items-baseline justify-between gap-x-3">
        <span className="font-medium">
          {choices(review.opinion)}
          {meaning && <span className="font-normal text-muted">{` · ${t(meaning)}`}</span>}
        </span>
        <span className="text-muted text-xs">
          <Moment time={review.created_at} />
        </span>
      </p>
      {review.note && (
        <p
          className={cn(
            "whitespace-pre-wrap break-words",
            isLatest ? "print:line-clamp-4" : "print:line-clamp-1",
          )}
        >
          {review.note}
        </p>
      )}
    </li>
  );
}
