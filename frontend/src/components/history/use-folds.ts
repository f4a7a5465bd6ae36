"use client";

import { useState } from "react";
import type { HistoryItem } from "@/lib/api/schema";
import { type Entry, entriesOf, foldsOf } from "@/lib/history/duplicates";

/** Displayed records, grouped by image, and the function that opens or closes a group. */
export function useFolds(
  items: readonly HistoryItem[],
): readonly [readonly Entry[], (key: string) => void] {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const toggle = (key: string) => {
    const next = new Set(open);
    if (!next.delete(key)) {
      next.add(key);
    }
    setOpen(next);
  };
  return [entriesOf(foldsOf(items), open), toggle];
}
