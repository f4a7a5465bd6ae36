import type { HistoryItem } from "@/lib/api/schema";

/** Records of one image by one model, in the list's order; the first one represents all. */
export interface Fold {
  key: string;
  items: readonly HistoryItem[];
}

/** A displayed record: the first of its group, or another one of an open group. */
export interface Entry {
  item: HistoryItem;
  fold: Fold;
  isFirst: boolean;
  isOpen: boolean;
}

/** The records grouped by image and model, each group at the place of its first record. */
export function foldsOf(items: readonly HistoryItem[]): readonly Fold[] {
  const byKey = new Map<string, HistoryItem[]>();
  for (const item of items) {
    const key = keyOf(item);
    const same = byKey.get(key);
    if (same) {
      same.push(item);
    } else {
      byKey.set(key, [item]);
    }
  }
  return [...byKey].map(([key, same]) => ({ key, items: same }));
}

/** The displayed records of groups; of a closed one only the first. */
export function entriesOf(folds: readonly Fold[], open: ReadonlySet<string>): readonly Entry[] {
  return folds.flatMap((fold) => {
    const isOpen = open.has(fold.key);
    const shown = isOpen ? fold.items : fold.items.slice(0, 1);
    return shown.map((item, place) => ({ item, fold, isFirst: place === 0, isOpen }));
  });
}

/** The records that an entry's checkbox stands for. */
export function idsOf({ item, fold, isOpen }: Entry): readonly string[] {
  return isOpen ? [item.id] : fold.items.map(({ id }) => id);
}

/**
 * Whether a group hides a verdict that differs from its first record's, as at another threshold.
 */
export function hasOtherVerdicts({ items }: Fold): boolean {
  return new Set(items.map(({ verdict }) => verdict)).size > 1;
}

function keyOf({ image, model }: HistoryItem): string {
  return JSON.stringify([image.sha256, model.name, model.revision]);
}
