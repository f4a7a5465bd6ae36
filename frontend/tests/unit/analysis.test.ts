import { describe, expect, it } from "vitest";
import type { TilesEvent } from "@/lib/api/schema";
import {
  type Analysis,
  advance,
  NO_ANALYSIS,
  quartersDone,
  roundedTime,
  secondsLeft,
  tilesPerSecond,
  tissueShare,
} from "@/lib/upload/analysis";
import { IMAGE_EVENT, tissueEvent } from "./stream-fixtures";

const TISSUE_EVENT = tissueEvent([
  [true, true, false],
  [false, true, true],
]);

function tilesEvent(done: number, total: number, tiles: TilesEvent["tiles"] = []): TilesEvent {
  return { event: "tiles", tiles, done, total };
}

/** An analysis of 1000 tiles, of which so many were done when. */
function counted(...counts: readonly (readonly [ms: number, done: number])[]): Analysis {
  const begun = advance(NO_ANALYSIS, tissueEvent([Array(1000).fill(true)]), counts[0]?.[0] ?? 0);
  return counts.reduce((known, [at, done]) => advance(known, tilesEvent(done, 1000), at), begun);
}

describe("an analysis", () => {
  const begun = [IMAGE_EVENT, TISSUE_EVENT].reduce(
    (known: Analysis, event) => advance(known, event, 100),
    NO_ANALYSIS,
  );

  it("knows the image first, and then its tissue", () => {
    expect(advance(NO_ANALYSIS, IMAGE_EVENT, 100)).toMatchObject({
      image: IMAGE_EVENT,
      tissue: null,
    });
    expect(begun.tiles).toEqual([
      [null, null, null],
      [null, null, null],
    ]);
    expect(tissueShare(TISSUE_EVENT)).toBeCloseTo(4 / 6, 12);
  });

  it("takes tiles in any order, and changes no state that was seen before", () => {
    const once = advance(
      begun,
      tilesEvent(2, 4, [
        [1, 2, 0.9],
        [0, 0, 0.1],
      ]),
      200,
    );
    const twice = advance(once, tilesEvent(3, 4, [[0, 1, 0]]), 300);
    expect(twice.tiles).toEqual([
      [0.1, 0, null],
      [null, null, 0.9],
    ]);
    expect(once.tiles[0]).toEqual([0.1, null, null]);
    expect(twice.tiles[1]).toBe(once.tiles[1]);
    expect([begun.done, once.done, twice.done]).toEqual([0, 2, 3]);
  });

  it("leaves out tiles beyond its grid", () => {
    const tiles: TilesEvent["tiles"] = [
      [2, 0, 0.5],
      [0, 3, 0.5],
    ];
    expect(advance(begun, tilesEvent(2, 4, tiles), 200).tiles).toEqual(begun.tiles);
  });
});

describe("the rate", () => {
  it("is unknown until a second has passed", () => {
    expect(tilesPerSecond(counted([0, 400]))).toBeNull();
    expect(tilesPerSecond(counted([0, 0], [999, 100]))).toBeNull();
    expect(tilesPerSecond(counted([0, 0], [1000, 100]))).toBe(100);
  });

  it("does not count what was done before somebody listened", () => {
    const joined = counted([5000, 600], [6000, 700], [7000, 800]);
    expect(tilesPerSecond(joined)).toBe(100);
    expect(secondsLeft(joined)).toBe(2);
  });

  it("is that of the last ten seconds", () => {
    const slower = counted([0, 0], [5000, 500], [10_000, 600], [15_000, 700]);
    expect(tilesPerSecond(slower)).toBe(20);
    expect(secondsLeft(slower)).toBe(15);
  });

  it("stays exact however often counts come", () => {
    const often = counted(...Array.from({ length: 400 }, (_, n) => [10 * n, n] as const));
    expect(tilesPerSecond(often)).toBeCloseTo(100, 9);
    expect(often.counts.length).toBeLessThan(20);
  });
});

it.each([
  [0, 1, "second"],
  [3.2, 4, "second"],
  [10, 10, "second"],
  [11, 15, "second"],
  [54, 55, "second"],
  [56, 1, "minute"],
  [61, 2, "minute"],
])("%d seconds are said as %d %s", (seconds, value, unit) => {
  expect(roundedTime(seconds)).toEqual({ value, unit });
});

describe("what is said aloud", () => {
  it("is nothing of what is soon over", () => {
    expect(quartersDone(NO_ANALYSIS)).toBeNull();
    expect(quartersDone(counted([0, 0], [4999, 900]))).toBeNull();
  });

  it("changes with each quarter only", () => {
    const at = (done: number) => quartersDone(counted([0, 0], [5000, done]));
    expect([0, 249, 250, 499, 500, 999, 1000].map(at)).toEqual([null, null, 1, 1, 2, 3, 4]);
  });
});
