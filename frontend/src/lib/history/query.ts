import { infiniteQueryOptions } from "@tanstack/react-query";
import { apiPath, ask, type Query } from "@/lib/api/client";
import type { HistoryPage } from "@/lib/api/schema";

const PAGE_SIZE = 50;

/** The visitor's records, page by page. */
export function historyPages(query: Query) {
  return pagesOf(["history", "page", query], query);
}

/**
 * The records to be reviewed, the most uncertain first.
 *
 * Not under the history's key: the queue must not be fetched again after each review.
 */
export const reviewQueue = {
  ...pagesOf(["review-queue"], { sort: "uncertainty", reviewed: false }),
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: 0,
};

function pagesOf(queryKey: readonly unknown[], query: Query) {
  return infiniteQueryOptions({
    queryKey,
    queryFn: ({ pageParam, signal }) =>
      ask<HistoryPage>(apiPath("/history", { ...query, limit: PAGE_SIZE, cursor: pageParam }), {
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}
