import { describe, expect, test } from "vitest";
import type { HistoryItem } from "@/lib/api/schema";
import { entriesOf, foldsOf, hasOtherVerdicts, idsOf } from "@/lib/history/duplicates";
import { patch } from "./result-fixtures";

function item(id: string, sha256: string, changes: Partial<HistoryItem> = {}): HistoryItem {
  const { warnings: _, image, ...result } = patch({ id });
  return {
    ...result,
    image: { ...image, sha256 },
    warnings: [],
    malignant_area_mm2: null,
    has_original: false,
    case_label: null,
    folder: null,
    review: null,
    ...changes,
  };
}

const OTHER_MODEL = { model: { name: "tiny", revision: "r2" } };
const ITEMS = [
  item("a", "one"),
  item("b", "two"),
  item("c", "one"),
  item("d", "one", OTHER_MODEL),
  item("e", "one"),
];

function shown(open: readonly string[]): readonly string[] {
  return entriesOf(foldsOf(ITEMS), new Set(open)).map((entry) => entry.item.id);
}

describe("records of the same image", () => {
  test("by the same model are one fold, where the first stands", () => {
    const folds = foldsOf(ITEMS).map(({ items }) => items.map(({ id }) => id));
    expect(folds).toEqual([["a", "c", "e"], ["b"], ["d"]]);
    expect(shown([])).toEqual(["a", "b", "d"]);
  });

  test("stand under the first once they are opened", () => {
    const [fold] = foldsOf(ITEMS);
    expect(shown([fold?.key ?? ""])).toEqual(["a", "c", "e", "b", "d"]);
  });

  test("are selected together while they are folded, and alone when not", () => {
    const folds = foldsOf(ITEMS);
    const [closed] = entriesOf(folds, new Set());
    expect(closed && idsOf(closed)).toEqual(["a", "c", "e"]);
    const opened = entriesOf(folds, new Set([folds[0]?.key ?? ""]));
    expect(opened.slice(0, 3).map(idsOf)).toEqual([["a"], ["c"], ["e"]]);
  });

  test("are said to differ where a verdict does", () => {
    const [same] = foldsOf(ITEMS);
    expect(same && hasOtherVerdicts(same)).toBe(false);
    const [mixed] = foldsOf([item("a", "one"), item("b", "one", { verdict: "uncertain" })]);
    expect(mixed && hasOtherVerdicts(mixed)).toBe(true);
  });
});
