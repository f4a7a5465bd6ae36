/** Decimals of a result's probability, the same as those of the thresholds it is compared with. */
export const PROBABILITY_DECIMALS = 3;

/** A formatted number; values close to 0 or 1 are not rounded to them. */
export interface BoundedFigure {
  sign: "" | "< " | "> ";
  value: number;
}

/**
 * A share or probability with a number of decimals.
 *
 * 0.9996 to three decimals is "> 0.999" and 0.0004 is "< 0.001": only exact values are written as 0
 * or 1.
 */
export function boundedFigure(share: number, decimals: number): BoundedFigure {
  const step = 10 ** -decimals;
  if (share > 0 && share < step / 2) {
    return { sign: "< ", value: step };
  }
  return share < 1 && share >= 1 - step / 2
    ? { sign: "> ", value: 1 - step }
    : { sign: "", value: share };
}

/** A number's text with a minus sign instead of a hyphen. */
export function withMinus(text: string): string {
  return text.replace("-", "−");
}

/** A time in a readable unit: milliseconds below a second, minutes from a minute on. */
export interface Duration {
  value: number;
  unit: "millisecond" | "second" | "minute";
  decimals: number;
}

export function durationOf(milliseconds: number): Duration {
  if (Math.round(milliseconds) < 1000) {
    const decimals = milliseconds < 9.95 ? 1 : 0;
    return { value: milliseconds, unit: "millisecond", decimals };
  }
  const seconds = milliseconds / 1000;
  return seconds < 59.95
    ? { value: seconds, unit: "second", decimals: 1 }
    : { value: seconds / 60, unit: "minute", decimals: 1 };
}
