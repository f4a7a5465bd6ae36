import { queryOptions } from "@tanstack/react-query";
import { apiPath, ask, type Query } from "@/lib/api/client";
import { hasRecord } from "@/lib/api/has-record";
import { modelFacts } from "@/lib/api/model-facts";
import type {
  FolderList,
  HealthReport,
  HistoryRecord,
  ModelReport,
  Statistics,
} from "@/lib/api/schema";

/** All requests to the API with cached responses, with their keys. */

export const modelQuery = queryOptions({
  queryKey: ["model"],
  queryFn: async ({ signal }) => modelFacts(await ask<ModelReport>(apiPath("/model"), { signal })),
  staleTime: 5 * 60_000,
});

export const healthQuery = queryOptions({
  queryKey: ["health"],
  queryFn: ({ signal }) => ask<HealthReport>(apiPath("/health"), { signal }),
  refetchInterval: 60_000,
});

export function recordQuery(id: string) {
  return queryOptions({
    queryKey: ["history", "record", id],
    queryFn: ({ signal }) =>
      ask<HistoryRecord>(apiPath(`/history/${id}`, { explain: false }), { signal }),
    // A result without a record exists only in this page, so it must never be fetched, not even
    // after another change of the history.
    staleTime: ({ state }) => (state.data && !hasRecord(state.data.result) ? "static" : 10_000),
  });
}

export function statisticsQuery(query: Query) {
  return queryOptions({
    queryKey: ["history", "statistics", query],
    queryFn: ({ signal }) => ask<Statistics>(apiPath("/stats", query), { signal }),
  });
}

/** The visitor's folders, by name. */
export const foldersQuery = queryOptions({
  queryKey: ["history", "folders"],
  queryFn: async ({ signal }) =>
    (await ask<FolderList>(apiPath("/history/folders"), { signal })).folders,
});
