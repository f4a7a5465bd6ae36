"use client";

import { useSyncExternalStore } from "react";
import type { View } from "@/lib/history/filters";

/** As Tailwind's `max-sm`. */
const NARROW = "(width < 40rem)";

/** The chosen view, or pictures on a phone, where a table would not fit. */
export function useView(chosen: View | null): View {
  const isNarrow = useSyncExternalStore(
    subscribe,
    () => matchMedia(NARROW).matches,
    // The server draws no records.
    () => false,
  );
  return chosen ?? (isNarrow ? "grid" : "table");
}

function subscribe(listener: () => void): () => void {
  const query = matchMedia(NARROW);
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
}
