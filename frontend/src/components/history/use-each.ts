"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { applyToEach } from "@/lib/history/apply-to-each";

/** Progress of an action on many records. */
export interface Run {
  /** While it runs. */
  progress: { done: number; total: number } | null;
  /** The errors of the last run, by id. */
  failures: ReadonlyMap<string, unknown>;
  /** Number of successes of the last run. */
  succeeded: number;
}

type Acts = ReadonlyMap<string, () => Promise<void>>;

/** Applies an action to each of many records, then reloads the history's data. */
export function useEach() {
  const client = useQueryClient();
  const [run, setRun] = useState<Run>({ progress: null, failures: new Map(), succeeded: 0 });

  /** Start acts, by the ids of records; resolves with the errors, by id too. */
  async function start(acts: Acts): Promise<ReadonlyMap<string, unknown>> {
    const show = (done: number) =>
      setRun({ progress: { done, total: acts.size }, failures: new Map(), succeeded: 0 });
    show(0);
    const act = async (id: string) => acts.get(id)?.();
    const failures = await applyToEach([...acts.keys()], act, show);
    // Not awaited: if the service is unreachable, it would also take long to fail.
    client.invalidateQueries({ queryKey: ["history"] });
    setRun({ progress: null, failures, succeeded: acts.size - failures.size });
    return failures;
  }

  return { ...run, start };
}
