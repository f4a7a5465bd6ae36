import { describe, expect, test } from "vitest";
import type { HistoryItem } from "@/lib/api/schema";
import { itemsLeft, NO_PROGRESS, nextRound, withReviewed, withSkipped } from "@/lib/history/queue";
import { areShortcutsOn, shortcutOf } from "@/lib/history/shortcuts";

const ITEMS = ["a", "b", "c"].map((id) => ({ id }) as HistoryItem);

function left(progress: typeof NO_PROGRESS): string[] {
  return itemsLeft(ITEMS, progress).map(({ id }) => id);
}

test("a queue keeps its order, and the skipped ones for another round", () => {
  const skipped = withSkipped(NO_PROGRESS, "a");
  expect(left(skipped)).toEqual(["b", "c"]);
  const reviewed = withReviewed(skipped, "b");
  expect(left(reviewed)).toEqual(["c"]);
  expect(left(nextRound(reviewed))).toEqual(["a", "c"]);
});

describe("keys", () => {
  const press = (key: string, modifiers = {}) =>
    shortcutOf({ key, ctrlKey: false, metaKey: false, altKey: false, ...modifiers });

  test.each([
    ["a", "agree"],
    ["A", "agree"],
    ["d", "disagree"],
    ["1", "first"],
    ["2", "second"],
    ["u", "unsure"],
    ["s", "skip"],
    ["e", "evidence"],
    ["?", "help"],
    ["x", null],
    ["Enter", null],
    ["constructor", null],
  ])("%s stands for %s", (key, expected) => {
    expect(press(key)).toBe(expected);
  });

  test.each(["ctrlKey", "metaKey", "altKey"])("with %s are the browser's", (modifier) => {
    expect(press("a", { [modifier]: true })).toBeNull();
  });

  test("work until they are switched off", () => {
    expect(areShortcutsOn(undefined)).toBe(true);
    expect(areShortcutsOn("on")).toBe(true);
    expect(areShortcutsOn("off")).toBe(false);
  });
});
