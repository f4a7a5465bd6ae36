import type { HistoryItem } from "@/lib/api/schema";

/** Records of one image by one model, in the order of the list; the first stands for all. */
export interface Fold {
  key: string;
  items: readonly HistoryItem[];
}

/** A record that is shown: the first of its fold, or one of an open fold's others. */
export interface Entry {
  item: HistoryItem;
  fold: Fold;
  isFirst: boolean;
  isOpen: boolean;
}

/** The records by image and model, each fold where its first record stands. */
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

/** What is shown of folds: of a closed one its first record only. */
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

/** Whether a fold hides a verdict that its first record does not have, as at another threshold. */
export function hasOtherVerdicts({ items }: Fold): boolean {
  return new Set(items.map(({ verdict }) => verdict)).size > 1;
}

function keyOf({ image, model }: HistoryItem): string {
  return JSON.stringify([image.sha256, model.name, model.revision]);
}
