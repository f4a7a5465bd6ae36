import { describe, expect, test } from "vitest";
import { filingOf, isChanged, sharedFiling } from "@/lib/history/filing";

const FILED = { case_label: "24-117", folder: "Teaching" };
const NOWHERE = { case_label: null, folder: null };

describe("what is typed", () => {
  test("replaces what is there, without white space around", () => {
    expect(filingOf(FILED, { case_label: " 24-118 ", folder: "Rare" })).toEqual({
      case_label: "24-118",
      folder: "Rare",
    });
  });

  test("takes away where it is empty, and leaves alone where nothing was typed", () => {
    expect(filingOf(FILED, { folder: "  " })).toEqual({ case_label: "24-117", folder: null });
    expect(filingOf(NOWHERE, {})).toEqual(NOWHERE);
  });

  test("is a change only where the outcome differs", () => {
    expect(isChanged(FILED, {})).toBe(false);
    expect(isChanged(FILED, { case_label: "24-117 " })).toBe(false);
    expect(isChanged(FILED, { case_label: "" })).toBe(true);
    expect(isChanged(NOWHERE, { folder: " " })).toBe(false);
  });
});

test("of several records only what all share is shown", () => {
  const other = { case_label: "24-118", folder: "Teaching" };
  expect(sharedFiling([FILED, other])).toEqual({ case_label: null, folder: "Teaching" });
  expect(sharedFiling([FILED, NOWHERE])).toEqual(NOWHERE);
  expect(sharedFiling([FILED])).toEqual(FILED);
});
