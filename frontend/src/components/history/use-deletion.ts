"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { deleteEach, deleteRecord } from "@/lib/history/deletion";
import { forgetResult } from "@/lib/result/session";

interface State {
  /** While it runs. */
  progress: { done: number; total: number } | null;
  /** The errors of the last run, by id. */
  failures: ReadonlyMap<string, unknown>;
  /** How many the last run deleted. */
  deleted: number;
}

export interface Deletion extends State {
  start: (ids: readonly string[]) => Promise<void>;
}

/** Deletes records; those that fail stay selected. */
export function useDeletion(onSelect: (selected: ReadonlySet<string>) => void): Deletion {
  const client = useQueryClient();
  const [state, setState] = useState<State>({ progress: null, failures: new Map(), deleted: 0 });

  async function start(ids: readonly string[]): Promise<void> {
    const show = (done: number) =>
      setState({ progress: { done, total: ids.length }, failures: new Map(), deleted: 0 });
    show(0);
    const failures = await deleteEach(ids, deleteRecord, show);
    for (const id of ids.filter((id) => !failures.has(id))) {
      forgetResult(client, id);
    }
    // Not waited for: with an unreachable service it would also take long to fail.
    client.invalidateQueries({ queryKey: ["history"] });
    onSelect(new Set(failures.keys()));
    setState({ progress: null, failures, deleted: ids.length - failures.size });
  }

  return { ...state, start };
}
