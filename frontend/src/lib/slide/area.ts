import { roundHalfEven } from "@/lib/slide/levels";

/**
 * Averages of areas along rows and columns, the same to the last bit as those of the service's
 * `imaging/readers/area.py`.
 */

/** Weights are whole numbers that add up to this. */
const UNIT = 1 << 16;
const WHOLE = UNIT * UNIT;
/**
 * Steps closer than this to a whole number add up to less than a tenth of a pixel over 100,000
 * pixels.
 */
const SAME = 1e-6;

/** Pixels along one axis as averages of a level's pixels, from its first pixel on. */
export interface Axis {
  /** Number of the level's pixels for each pixel. */
  step: number;
  /** Pixels of the level along the axis. */
  size: number;
}

/** The sources of some pixels: a row of positions and weights for each. */
export interface Taps {
  /** Number of sources of each pixel. */
  count: number;
  /** Pixels of the level, from 0 to its last. */
  places: Int32Array;
  weights: Float64Array;
  /** The step if pixels are blocks of whole pixels of the level; else 0. */
  block: number;
}

export function tapsOf({ step, size }: Axis, first: number, count: number): Taps {
  const whole = Math.round(step);
  const isWhole = Math.abs(whole - step) < SAME * step;
  const exact = isWhole ? whole : step;
  const found = exact < 1 ? enlarged : averaged;
  return { ...found(exact, size, first, count), block: isWhole ? whole : 0 };
}

function averaged(step: number, size: number, first: number, count: number): Taps {
  const per = Math.ceil(step) + 1;
  const taps = emptyTaps(per, count);
  for (let pixel = 0; pixel < count; pixel++) {
    const begin = (first + pixel) * step;
    const start = Math.floor(begin);
    const shares = Array.from({ length: per }, (_, index) => {
      const place = start + index;
      return Math.max(0, Math.min(place + 1, begin + step) - Math.max(place, begin)) / step;
    });
    put(taps, pixel, start, shares, size);
  }
  return taps;
}

/** By bilinear interpolation. */
function enlarged(step: number, size: number, first: number, count: number): Taps {
  const taps = emptyTaps(2, count);
  for (let pixel = 0; pixel < count; pixel++) {
    const centre = Math.max((first + pixel + 0.5) * step - 0.5, 0);
    const below = Math.floor(centre);
    put(taps, pixel, below, [1 - (centre - below), centre - below], size);
  }
  return taps;
}

function emptyTaps(per: number, count: number): Taps {
  return {
    count: per,
    places: new Int32Array(per * count),
    weights: new Float64Array(per * count),
    block: 0,
  };
}

/** Shares, which add up to 1, as integers; beyond the level its last pixel is repeated. */
function put(
  taps: Taps,
  pixel: number,
  start: number,
  shares: readonly number[],
  size: number,
): void {
  let [sum, before] = [0, 0];
  shares.forEach((share, index) => {
    sum += share;
    const rounded = Math.round(sum * UNIT);
    taps.places[pixel * taps.count + index] = Math.min(start + index, size - 1);
    taps.weights[pixel * taps.count + index] = rounded - before;
    before = rounded;
  });
}

/** Rows of a level, RGBA, from row `top` on. */
export interface Band {
  top: number;
  width: number;
  rgba: Uint8ClampedArray;
}

/** The first row of a level that some taps need, and the one after the last. */
export function spanOf({ places }: Taps): readonly [number, number] {
  return [places[0] ?? 0, (places.at(-1) ?? 0) + 1];
}

/** Some rows of a picture as averages of a level's, RGB. */
export function averageRows(band: Band, down: Taps, across: Taps): Uint8Array<ArrayBuffer> {
  const rows = down.places.length / down.count;
  const columns = across.places.length / across.count;
  const pixels = new Uint8Array(rows * columns * 3);
  const line = new Float64Array(band.width * 3);
  const round = roundingOf(down.block, across.block);
  for (let row = 0; row < rows; row++) {
    sumRows(band, down, row, line);
    averageLine(line, across, round, pixels.subarray(row * columns * 3, (row + 1) * columns * 3));
  }
  return pixels;
}

function sumRows({ top, width, rgba }: Band, down: Taps, row: number, line: Float64Array): void {
  line.fill(0);
  for (let tap = row * down.count; tap < (row + 1) * down.count; tap++) {
    const weight = down.weights[tap] ?? 0;
    if (weight === 0) {
      continue;
    }
    let from = ((down.places[tap] ?? 0) - top) * width * 4;
    for (let to = 0; to < line.length; to += 3, from += 4) {
      line[to] = (line[to] as number) + weight * (rgba[from] as number);
      line[to + 1] = (line[to + 1] as number) + weight * (rgba[from + 1] as number);
      line[to + 2] = (line[to + 2] as number) + weight * (rgba[from + 2] as number);
    }
  }
}

function averageLine(
  line: Float64Array,
  across: Taps,
  round: (value: number) => number,
  target: Uint8Array,
): void {
  const { count, places, weights } = across;
  for (let column = 0; 3 * column < target.length; column++) {
    let [red, green, blue] = [0, 0, 0];
    for (let tap = column * count; tap < (column + 1) * count; tap++) {
      const [weight, place] = [weights[tap] as number, 3 * (places[tap] as number)];
      red += weight * (line[place] as number);
      green += weight * (line[place + 1] as number);
      blue += weight * (line[place + 2] as number);
    }
    target[3 * column] = round(red / WHOLE);
    target[3 * column + 1] = round(green / WHOLE);
    target[3 * column + 2] = round(blue / WHOLE);
  }
}

/**
 * In the service OpenCV averages whole blocks; it rounds a half up only in blocks of 2 x 2 pixels.
 */
function roundingOf(down: number, across: number): (value: number) => number {
  const isHalfUp = down * across === 0 || (down === across && down <= 2);
  return isHalfUp ? halfUp : roundHalfEven;
}

function halfUp(value: number): number {
  return Math.floor(value + 0.5);
}
