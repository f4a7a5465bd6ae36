import type { HistoryItem } from "@/lib/api/schema";

/** What was done with the records of a review queue, so far. */
export interface QueueProgress {
  /** Those reviewed by now. */
  reviewed: ReadonlySet<string>;
  /** Those put aside for this round. */
  skipped: ReadonlySet<string>;
}

export const NO_PROGRESS: QueueProgress = { reviewed: new Set(), skipped: new Set() };

/** The records that are still to be judged in this round, in their order. */
export function itemsLeft(
  items: readonly HistoryItem[],
  { reviewed, skipped }: QueueProgress,
): readonly HistoryItem[] {
  return items.filter(({ id }) => !reviewed.has(id) && !skipped.has(id));
}

export function withReviewed(progress: QueueProgress, id: string): QueueProgress {
  return { ...progress, reviewed: new Set([...progress.reviewed, id]) };
}

export function withSkipped(progress: QueueProgress, id: string): QueueProgress {
  return { ...progress, skipped: new Set([...progress.skipped, id]) };
}

/** Another round, of what was put aside. */
export function nextRound({ reviewed }: QueueProgress): QueueProgress {
  return { reviewed, skipped: new Set() };
}
