/** The resolutions of a slide, by the rules of the service's `imaging/readers/pyramid.py`. */

export interface Size {
  width: number;
  height: number;
}

/** A level this much too coarse still counts. */
const LEVEL_TOLERANCE = 1.02;

/**
 * How many pixels of level 0 make one of a level, across and down.
 *
 * A level has so many whole pixels, and what is left over was cut off or filled up: sides that fit a
 * whole number are reduced by exactly that.
 */
export function downsampleOf(level: Size, first: Size): readonly [number, number] {
  const [across, down] = [first.width / level.width, first.height / level.height];
  const whole = roundHalfEven(Math.max(across, down));
  const fits = (side: number, reduced: number) =>
    reduced === Math.floor(side / whole) || reduced === Math.ceil(side / whole);
  return fits(first.width, level.width) && fits(first.height, level.height)
    ? [whole, whole]
    : [across, down];
}

/** The number of the coarsest level that is reduced no more than so many times. */
export function levelFor(levels: readonly [Size, ...Size[]], step: number): number {
  return levels.reduce((found, level, index) => {
    const isEnough = Math.max(...downsampleOf(level, levels[0])) <= step * LEVEL_TOLERANCE;
    return isEnough ? index : found;
  }, 0);
}

/** A side of the slide in steps of so many pixels, at least 1. */
export function sizeIn(side: number, step: number): number {
  return Math.max(1, roundHalfEven(side / step));
}

/** Python's rounding. */
export function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
