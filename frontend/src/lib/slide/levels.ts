/** The resolutions of a slide, by the rules of the service's `imaging/readers/pyramid.py`. */

export interface Size {
  width: number;
  height: number;
}

/** A level may be too coarse by this factor. */
const LEVEL_TOLERANCE = 1.02;

/**
 * Number of level 0 pixels for each pixel of a level, across and down.
 *
 * A level has whole pixels, so a remainder was cut off or padded. If the sides fit a whole number,
 * the level is reduced by exactly that number.
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

/** The number of the coarsest level that is reduced at most by a factor. */
export function levelFor(levels: readonly [Size, ...Size[]], step: number): number {
  return levels.reduce((found, level, index) => {
    const isEnough = Math.max(...downsampleOf(level, levels[0])) <= step * LEVEL_TOLERANCE;
    return isEnough ? index : found;
  }, 0);
}

/** A side of the slide in steps of a number of pixels, at least 1. */
export function sizeIn(side: number, step: number): number {
  return Math.max(1, roundHalfEven(side / step));
}

/** Python's rounding. */
export function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
