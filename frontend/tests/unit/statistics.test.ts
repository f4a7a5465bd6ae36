import { describe, expect, test } from "vitest";
import type { Bin, DayCounts } from "@/lib/api/schema";
import { addressOfRange, boundsOf, rangeOf, statisticsParameters } from "@/lib/statistics/range";
import {
  busiest,
  everyDay,
  fullestBin,
  isTooFewForP95,
  quantileTime,
  shareOf,
  totalOf,
} from "@/lib/statistics/statistics";

const TODAY = "2026-11-24";
const OPEN = { from: null, to: null };

function counts(
  ...[day, malignant, uncertain = 0, benign = 0, not_assessable = 0]: [string, ...number[]]
): DayCounts {
  return { day, malignant: malignant ?? 0, uncertain, benign, not_assessable };
}

describe("every day of a period", () => {
  test("has a count, also where nothing was predicted", () => {
    const busy = counts("2026-10-25", 3, 1, 2);
    const days = everyDay([busy], { from: "2026-10-24", to: "2026-10-27" }, TODAY);
    expect(days).toEqual([
      counts("2026-10-24", 0),
      busy,
      counts("2026-10-26", 0),
      counts("2026-10-27", 0),
    ]);
  });

  test("goes from the first with predictions to today where the ends are open", () => {
    const days = everyDay([counts("2026-11-22", 1)], OPEN, TODAY);
    expect(days.map(({ day }) => day)).toEqual(["2026-11-22", "2026-11-23", "2026-11-24"]);
    expect(everyDay([], OPEN, TODAY)).toEqual([counts(TODAY, 0)]);
  });

  test("loses none that a fast clock put after today", () => {
    const days = everyDay([counts("2026-11-25", 1)], { from: TODAY, to: null }, TODAY);
    expect(days.map(totalOf)).toEqual([0, 1]);
  });

  test("stays bounded for a boundless period", () => {
    const known = [counts("2026-11-20", 1), counts("2026-11-22", 2)];
    const days = everyDay(known, { from: "1000-01-01", to: "9999-12-31" }, TODAY);
    expect(days.map(totalOf)).toEqual([1, 0, 2]);
  });
});

test("the busiest is the first with most predictions", () => {
  const days = [counts("2026-11-20", 1), counts("2026-11-21", 0, 2, 2), counts("2026-11-22", 4)];
  expect(busiest(days)?.day).toBe("2026-11-21");
  expect(busiest([counts(TODAY, 0)])).toBeNull();
  expect(busiest([])).toBeNull();
});

test("the fullest bin is the lowest with most predictions", () => {
  const bins: Bin[] = [0, 5, 5].map((count, place) => ({
    low: place / 20,
    high: (place + 1) / 20,
    count,
  }));
  expect(fullestBin(bins)?.low).toBe(0.05);
  expect(fullestBin([])).toBeNull();
});

test("results without a verdict are counted with all others", () => {
  const days = [counts("2026-11-20", 1, 1), counts("2026-11-21", 0, 0, 0, 3)];
  expect(days.map(totalOf)).toEqual([2, 3]);
  expect(busiest(days)?.day).toBe("2026-11-21");
});

describe("a quantile of the time", () => {
  const latency = { computed: 3, median_ms: 40, p95_ms: null, limit_ms: 5_400_000 };

  test("is what was measured, or longer than what is measured", () => {
    expect(quantileTime("median_ms", latency)).toEqual({ kind: "measured", ms: 40 });
    expect(quantileTime("p95_ms", latency)).toEqual({ kind: "beyond", ms: 5_400_000 });
  });

  test("is none where all results came from the cache", () => {
    const none = { ...latency, computed: 0, median_ms: null };
    expect(quantileTime("median_ms", none)).toEqual({ kind: "none" });
  });
});

test("a 95th percentile takes twenty computed results", () => {
  expect([0, 1, 19, 20].map((computed) => isTooFewForP95({ computed }))).toEqual([
    false,
    true,
    true,
    false,
  ]);
});

test("a share of nothing is none", () => {
  expect(shareOf(1, 4)).toBe(0.25);
  expect(shareOf(0, 0)).toBeNull();
});

describe("a period", () => {
  test.each([
    ["", { preset: "month", from: null, to: null }],
    ["range=week", { preset: "week", from: null, to: null }],
    ["range=decade", { preset: "month", from: null, to: null }],
    ["range=own&from=2026-11-01&to=x", { preset: "own", from: "2026-11-01", to: null }],
    ["range=all&from=2026-11-01", { preset: "all", from: null, to: null }],
  ] as const)("is read from the address %s", (text, expected) => {
    expect(rangeOf(new URLSearchParams(text))).toEqual(expected);
  });

  test("comes back from its address", () => {
    for (const range of [
      { preset: "month", from: null, to: null },
      { preset: "all", from: null, to: null },
      { preset: "own", from: "2026-11-01", to: "2026-11-24" },
    ] as const) {
      expect(rangeOf(addressOfRange(range))).toEqual(range);
    }
  });

  test("by name ends today and has so many days", () => {
    const bounds = (preset: "week" | "month" | "all") => boundsOf({ preset, ...OPEN }, TODAY);
    expect(bounds("week")).toEqual({ from: "2026-11-18", to: null });
    expect(bounds("month")).toEqual({ from: "2026-10-26", to: null });
    expect(bounds("all")).toEqual(OPEN);
    expect(everyDay([], bounds("week"), TODAY)).toHaveLength(7);
    expect(everyDay([], bounds("month"), TODAY)).toHaveLength(30);
  });

  test("of own days is taken in the right order", () => {
    const range = { preset: "own", from: "2026-11-24", to: "2026-11-01" } as const;
    expect(boundsOf(range, TODAY)).toEqual({ from: "2026-11-01", to: "2026-11-24" });
  });

  test("is asked of the API in the visitor's zone, over the change of the clock", () => {
    const bounds = boundsOf({ preset: "month", ...OPEN }, "2026-11-10");
    expect(statisticsParameters(bounds, "Europe/Madrid")).toEqual({
      since: "2026-10-11T22:00:00.000Z",
      until: null,
      time_zone: "Europe/Madrid",
    });
  });
});
