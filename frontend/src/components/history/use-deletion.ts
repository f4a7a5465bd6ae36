"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useEach } from "@/components/history/use-each";
import { deleteRecord } from "@/lib/history/deletion";
import { forgetResult } from "@/lib/result/session";

export type Deletion = ReturnType<typeof useDeletion>;

/** Deletes records; those that fail stay selected. */
export function useDeletion(onSelect: (selected: ReadonlySet<string>) => void) {
  const client = useQueryClient();
  const { start, ...state } = useEach();
  return {
    ...state,
    deleteAll: async (ids: readonly string[]) => {
      const failures = await start(new Map(ids.map((id) => [id, () => deleteRecord(id)])));
      for (const id of ids.filter((id) => !failures.has(id))) {
        forgetResult(client, id);
      }
      onSelect(new Set(failures.keys()));
    },
  };
}
