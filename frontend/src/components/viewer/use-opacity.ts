import { useSyncExternalStore } from "react";
import { remember } from "@/lib/preferences";

const COOKIE = "biopsia-opacity";

let chosen: number | null = null;
const listeners = new Set<() => void>();

/** The share of the full opacity, 0 to 1, stored in this browser, and its setter. */
export function useOpacity(): readonly [number, (share: number) => void] {
  // The server draws no overlay.
  const share = useSyncExternalStore(subscribe, current, () => 1);
  return [share, choose];
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function current(): number {
  if (chosen === null) {
    const kept = /(?:^|; )biopsia-opacity=(\d{1,3})(?:;|$)/.exec(document.cookie)?.[1];
    chosen = kept === undefined ? 1 : Math.min(Number(kept), 100) / 100;
  }
  return chosen;
}

function choose(share: number): void {
  chosen = share;
  remember(COOKIE, String(Math.round(100 * share)));
  for (const listener of listeners) {
    listener();
  }
}
