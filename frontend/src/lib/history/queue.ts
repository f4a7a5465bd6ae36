import type { HistoryItem } from "@/lib/api/schema";

/** The progress of a review queue. */
export interface QueueProgress {
  /** Records reviewed so far. */
  reviewed: ReadonlySet<string>;
  /** Records skipped in this round. */
  skipped: ReadonlySet<string>;
}

export const NO_PROGRESS: QueueProgress = { reviewed: new Set(), skipped: new Set() };

/** The records still to be reviewed in this round, in order. */
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

/** Another round, with the skipped records. */
export function nextRound({ reviewed }: QueueProgress): QueueProgress {
  return { reviewed, skipped: new Set() };
}
