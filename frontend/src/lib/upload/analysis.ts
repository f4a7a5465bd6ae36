import type { ImageEvent, TilesEvent, TissueEvent } from "@/lib/api/schema";
import type { ProgressEvent } from "@/lib/upload/stream-event";

/** The state of an image while the service works on it. */
export interface Analysis {
  /** When the first event came, in milliseconds; null before that. */
  startedAt: number | null;
  image: ImageEvent | null;
  /** Null for a patch, and before a region's tissue is found. */
  tissue: TissueEvent | null;
  /** Probabilities of scored tiles, row by row; null for the others. */
  tiles: readonly (readonly (number | null)[])[];
  /** Tiles scored so far. */
  done: number;
  /** Number of scored tiles over time, for the last seconds; oldest first. */
  counts: readonly TileCount[];
}

interface TileCount {
  /** In milliseconds. */
  at: number;
  done: number;
}

export const NO_ANALYSIS: Analysis = {
  startedAt: null,
  image: null,
  tissue: null,
  tiles: [],
  done: 0,
  counts: [],
};

/** Time that the rate is measured over: long enough to be steady, short enough to follow. */
const WINDOW_MS = 10_000;
/** A rate over less time is unreliable. */
const LEAST_MS = 1000;
const BETWEEN_COUNTS_MS = 250;
/** Shorter computations have no announced progress. */
const QUIET_MS = 5000;

/**
 * The state after one more event.
 *
 * @param now In milliseconds, on any clock that only goes forward.
 */
export function advance(before: Analysis, event: ProgressEvent, now: number): Analysis {
  const analysis = { ...before, startedAt: before.startedAt ?? now };
  switch (event.event) {
    case "image":
      return { ...analysis, image: event };
    case "tissue": {
      const tiles = event.tissue.map((line) => line.map(() => null));
      return { ...analysis, tissue: event, tiles };
    }
    case "tiles":
      return {
        ...analysis,
        tiles: withTiles(analysis.tiles, event),
        done: event.done,
        counts: withCount(analysis.counts, { at: now, done: event.done }),
      };
  }
}

/** Tiles scored per second; null until that is known. */
export function tilesPerSecond({ counts }: Analysis): number | null {
  const [first, last] = [counts[0], counts.at(-1)];
  if (!first || !last || last.at - first.at < LEAST_MS || last.done === first.done) {
    return null;
  }
  return (1000 * (last.done - first.done)) / (last.at - first.at);
}

/** Seconds until all tiles are scored at the present rate; null if unknown. */
export function secondsLeft(analysis: Analysis): number | null {
  const rate = tilesPerSecond(analysis);
  return rate && analysis.tissue ? (analysis.tissue.total - analysis.done) / rate : null;
}

/** A remaining time, rounded to its accuracy. */
export interface TimeLeft {
  value: number;
  unit: "second" | "minute";
}

/** Whole seconds below ten, then steps of five, and minutes from a minute on; never 0. */
export function roundedTime(seconds: number): TimeLeft {
  const step = seconds <= 10 ? 1 : 5;
  const rounded = Math.max(step, step * Math.ceil(seconds / step));
  return rounded < 60
    ? { value: rounded, unit: "second" }
    : { value: Math.ceil(seconds / 60), unit: "minute" };
}

/**
 * How much is done, in quarters, as it is said aloud; null while that would only be chatter: at
 * the beginning, and of what takes no longer than a few seconds.
 */
export function quartersDone({ startedAt, counts, done, tissue }: Analysis): number | null {
  const last = counts.at(-1);
  if (!tissue || !last || startedAt === null || last.at - startedAt < QUIET_MS) {
    return null;
  }
  return Math.floor((4 * done) / tissue.total) || null;
}

/** Share of a region's tiles that hold tissue, 0 to 1. */
export function tissueShare({ rows, columns, total }: TissueEvent): number {
  return total / (rows * columns);
}

/** Copies only the rows that change. */
function withTiles(tiles: Analysis["tiles"], event: TilesEvent): Analysis["tiles"] {
  const changed = [...tiles];
  const copies = new Map<number, (number | null)[]>();
  for (const [row, column, probability] of event.tiles) {
    const line = copies.get(row) ?? [...(tiles[row] ?? [])];
    if (column < line.length) {
      line[column] = probability;
      copies.set(row, line);
      changed[row] = line;
    }
  }
  return changed;
}

function withCount(counts: readonly TileCount[], count: TileCount): readonly TileCount[] {
  const [before, last] = [counts.at(-2), counts.at(-1)];
  const isSoon = before && last && last.at - before.at < BETWEEN_COUNTS_MS;
  const earlier = isSoon ? counts.slice(0, -1) : counts;
  return [...earlier.filter(({ at }) => count.at - at <= WINDOW_MS), count];
}
