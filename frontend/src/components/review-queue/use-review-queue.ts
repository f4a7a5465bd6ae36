"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useReview } from "@/components/review/use-review";
import { reviewQueue } from "@/lib/history/query";
import { itemsLeft, NO_PROGRESS, nextRound, withReviewed, withSkipped } from "@/lib/history/queue";
import { type ReviewChoice, reviewRequest } from "@/lib/history/reviews";
import { thumbnailPath } from "@/lib/result/picture";

const FEW = 5;

/** The last action. */
export type LastStep = { id: string; review: ReviewChoice["opinion"] | "skip" };

/** The visitor's unreviewed records, one at a time. */
export function useReviewQueue() {
  const pages = useInfiniteQuery(reviewQueue);
  const [progress, setProgress] = useState(NO_PROGRESS);
  const [last, setLast] = useState<LastStep | null>(null);
  const items = pages.data?.pages.flatMap((page) => page.items);
  const left = items && itemsLeft(items, progress);
  const current = left?.[0];
  const nextId = left?.[1]?.id;
  const review = useReview(current?.id ?? "");
  const { hasNextPage, isFetching, isError, fetchNextPage } = pages;
  const isShort = left !== undefined && left.length < FEW;

  useEffect(() => {
    if (isShort && hasNextPage && !isFetching && !isError) {
      fetchNextPage();
    }
  }, [isShort, hasNextPage, isFetching, isError, fetchNextPage]);
  useEffect(() => {
    if (nextId) {
      // Prefetched, so that the next image is ready when this one is reviewed.
      new Image().src = thumbnailPath(nextId);
    }
  }, [nextId]);

  function judge(choice: ReviewChoice) {
    if (current && !review.isPending) {
      review.mutate(reviewRequest(choice, ""), {
        onSuccess: () => {
          setProgress((now) => withReviewed(now, current.id));
          setLast({ id: current.id, review: choice.opinion });
        },
      });
    }
  }

  function skip() {
    if (current && !review.isPending) {
      // An error of this record must not be shown under the next one.
      review.reset();
      setProgress((now) => withSkipped(now, current.id));
      setLast({ id: current.id, review: "skip" });
    }
  }

  return {
    /** Undefined until the first page is loaded; then the last loaded record. */
    left,
    current,
    hasMore: hasNextPage,
    skipped: progress.skipped.size,
    last,
    loadError: pages.error,
    reload: pages.refetch,
    saveError: review.error,
    isSaving: review.isPending,
    judge,
    skip,
    startAgain: () => setProgress(nextRound),
  };
}
