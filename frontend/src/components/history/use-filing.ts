"use client";

import { useEach } from "@/components/history/use-each";
import type { HistoryItem } from "@/lib/api/schema";
import { type FilingDraft, fileRecord, filingOf } from "@/lib/history/filing";

export type FilingRun = ReturnType<typeof useFiling>;

/** Files the selected records; those that fail stay selected. */
export function useFiling(
  chosen: readonly HistoryItem[],
  onSelect: (selected: ReadonlySet<string>) => void,
) {
  const { start, ...state } = useEach();
  return {
    ...state,
    save: async (draft: FilingDraft) => {
      const acts = chosen.map(
        (item) => [item.id, () => fileRecord(item.id, filingOf(item, draft))] as const,
      );
      const failures = await start(new Map(acts));
      onSelect(new Set(failures.keys()));
    },
  };
}
