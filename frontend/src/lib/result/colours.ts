import { colourOf, type Rgb } from "@/lib/result/colour-map";

/** Colour and opacity of evidence and of tiles. */

/** Calibrated logits at which the scale of evidence ends: a probability of 0.998. */
export const FULL_SCALE_LOGIT = 6;

/** No tissue is covered more than this. */
export const MAX_OPACITY = 0.35;
// Just below the threshold; tissue of low probability stays easy to see.
const OPACITY_BELOW = 0.14;

/** A colour and its opacity, 0 to 1. */
export interface Tint {
  colour: Rgb;
  opacity: number;
}

/** How evidence, in calibrated logits, is drawn; evidence against carcinoma is not. */
export function evidenceTint(logit: number): Tint {
  const share = Math.min(Math.max(logit / FULL_SCALE_LOGIT, 0), 1);
  return { colour: colourOf(share), opacity: MAX_OPACITY * share };
}

/** How a tile is drawn: in full from the threshold on, faintly below it. */
export function tileTint(probability: number, threshold: number): Tint {
  const isAbove = probability >= threshold;
  return {
    colour: colourOf(probability),
    opacity: isAbove ? MAX_OPACITY : (OPACITY_BELOW * probability) / threshold,
  };
}

/** What a tint looks like over white paper, as in a legend. */
export function overWhite({ colour, opacity }: Tint): Rgb {
  const mix = (level: number) => Math.round(255 + (level - 255) * opacity);
  return [mix(colour[0]), mix(colour[1]), mix(colour[2])];
}
