import {
  evidenceTint,
  FULL_SCALE_LOGIT,
  overWhite,
  type Tint,
  tileTint,
} from "@/lib/result/colours";

/** The meaning of the colours over an image. */
export type Measure = "evidence" | "tiles";

/** A legend, with the positions of its values. */
export interface Legend {
  /** Colours over white at their positions, 0 to 1; two at one position are a step. */
  stops: readonly { place: number; colour: string }[];
  ticks: readonly { value: number; place: number }[];
}

const STEPS = 24;

/**
 * The legend of evidence, 0 to 6 logits, or of tiles, 0 to 1 with the threshold. `opacity` is a
 * share of the full opacity.
 */
export function legendOf(measure: Measure, threshold: number, opacity = 1): Legend {
  const isTiles = measure === "tiles";
  const most = isTiles ? 1 : FULL_SCALE_LOGIT;
  const tint = isTiles ? (value: number) => tileTint(value, threshold) : evidenceTint;
  const even = Array.from({ length: STEPS + 1 }, (_, step) => (most * step) / STEPS);
  // Just below it, so that the step is at the threshold.
  const values = isTiles ? [...even, threshold - 1e-9, threshold].toSorted((a, b) => a - b) : even;
  const shown = isTiles ? [0, threshold, 1] : [0, 2, 4, 6];
  return {
    stops: values
      .filter((value) => value >= 0 && value <= most)
      .map((value) => ({ place: value / most, colour: onPaper(tint(value), opacity) })),
    ticks: shown.map((value) => ({ value, place: value / most })),
  };
}

function onPaper(tint: Tint, opacity: number): string {
  return `rgb(${overWhite({ ...tint, opacity: tint.opacity * opacity }).join(" ")})`;
}
