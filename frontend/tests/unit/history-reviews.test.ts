import { describe, expect, test } from "vitest";
import type { Review } from "@/lib/api/schema";
import { meaningOf, newestFirst, reviewChoices, reviewRequest } from "@/lib/history/reviews";

const CLASSES = ["no_idc", "idc"];

function review(created_at: string): Review {
  return { id: created_at, created_at, opinion: "agree", label: null, note: null };
}

describe("the reviews on offer", () => {
  test.each([
    ["malignant", ["no_idc"]],
    ["benign", ["idc"]],
    ["uncertain", ["no_idc", "idc"]],
  ] as const)("who disagrees with %s holds right one of %j", (verdict, labels) => {
    const choices = reviewChoices(verdict, CLASSES);
    expect(choices.at(0)).toEqual({ opinion: "agree", label: null });
    expect(choices.at(-1)).toEqual({ opinion: "unsure", label: null });
    expect(choices.slice(1, -1)).toEqual(labels.map((label) => ({ opinion: "disagree", label })));
  });

  test("a note is sent without the blanks around it, and none when it is blank", () => {
    const choice = { opinion: "disagree", label: "idc" } as const;
    expect(reviewRequest(choice, " a fold \n")).toEqual({ ...choice, note: "a fold" });
    expect(reviewRequest(choice, "  \n")).toEqual({ ...choice, note: null });
  });
});

test("the latest review comes first", () => {
  const old = review("2026-11-01T10:00:00Z");
  const young = review("2026-11-02T09:00:00Z");
  expect(newestFirst([old, young])).toEqual([young, old]);
});

test.each([
  ["no_idc", "no_carcinoma"],
  ["idc", "carcinoma"],
  ["another", null],
  [null, null],
] as const)("the class %j means %j", (label, meaning) => {
  expect(meaningOf(label, CLASSES)).toBe(meaning);
});
