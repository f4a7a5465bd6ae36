import { describe, expect, test } from "vitest";
import { apiPath } from "@/lib/api/client";
import {
  addressOf,
  countOfDetails,
  filterQuery,
  filtersOf,
  type HistoryFilters,
  isFiltered,
  probabilityText,
  withoutFilters,
} from "@/lib/history/filters";

const NONE = filtersOf(new URLSearchParams());
const ALL: HistoryFilters = {
  search: "crowded nuclei",
  verdicts: ["malignant", "benign"],
  kind: "region",
  reviewed: false,
  folder: "Teaching",
  from: "2026-11-01",
  to: "2026-11-24",
  min: 0.25,
  max: 1,
  sort: "uncertainty",
  view: "grid",
};

describe("an address", () => {
  test("brings all filters back", () => {
    expect(filtersOf(new URLSearchParams(addressOf(ALL).toString()))).toEqual(ALL);
  });

  test("of defaults is empty", () => {
    expect(addressOf(NONE).toString()).toBe("");
    expect(NONE).toMatchObject({ sort: "newest", view: null, verdicts: [], reviewed: null });
  });

  test("keeps a bound of zero", () => {
    expect(addressOf({ ...NONE, min: 0 }).toString()).toBe("min=0");
    expect(filtersOf(new URLSearchParams("min=0")).min).toBe(0);
  });

  test.each([
    ["verdict=evil&verdict=benign", { verdicts: ["benign"] }],
    ["kind=slide", { kind: null }],
    ["reviewed=maybe", { reviewed: null }],
    ["reviewed=yes", { reviewed: true }],
    ["from=2026-02-30", { from: null }],
    ["min=2&max=-1", { min: null, max: null }],
    ["min=&max=x", { min: null, max: null }],
    ["sort=worst&view=pie", { sort: "newest", view: null }],
    ["view=table&folder=+Teaching+", { view: "table", folder: "Teaching" }],
    ["folder=", { folder: null }],
    ["search=%20%20", { search: "" }],
  ])("%s stands for what it says rightly", (text, expected) => {
    expect(filtersOf(new URLSearchParams(text))).toMatchObject(expected);
  });
});

describe("filters", () => {
  test("leave something out, but order and view do not", () => {
    expect(isFiltered(ALL)).toBe(true);
    expect(isFiltered({ ...NONE, sort: "oldest", view: "grid" })).toBe(false);
  });

  test("are cleared with order and view kept", () => {
    expect(withoutFilters(ALL)).toEqual({ ...NONE, sort: "uncertainty", view: "grid" });
  });

  test("out of sight are counted, a range once", () => {
    expect(countOfDetails(NONE)).toBe(0);
    expect(countOfDetails(ALL)).toBe(4);
    expect(countOfDetails({ ...NONE, min: 0, reviewed: false })).toBe(2);
  });
});

describe("the API's query", () => {
  test("has local days as moments, and the verdicts one by one", () => {
    expect(apiPath("/history", filterQuery(ALL, "Europe/Madrid"))).toBe(
      "/api/history?verdict=malignant&verdict=benign&kind=region&reviewed=false&folder=Teaching" +
        "&since=2026-10-31T23%3A00%3A00.000Z&until=2026-11-24T23%3A00%3A00.000Z" +
        "&min_probability=0.25&max_probability=1&search=crowded+nuclei",
    );
  });

  test("is empty without filters", () => {
    expect(apiPath("/history", filterQuery(NONE, "UTC"))).toBe("/api/history");
  });

  test("has bounds in the right order", () => {
    expect(filterQuery({ ...NONE, min: 0.9, max: 0.1 }, "UTC")).toMatchObject({
      min_probability: 0.1,
      max_probability: 0.9,
    });
  });
});

test("a probability is read in its shortest form", () => {
  expect(["0.50", "1", "0", "1.2", "-0.1", "", " ", "x"].map(probabilityText)).toEqual([
    "0.5",
    "1",
    "0",
    "",
    "",
    "",
    "",
    "",
  ]);
});
