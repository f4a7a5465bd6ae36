import { colourOf, type Rgb } from "@/lib/result/colour-map";

/** Colour and opacity of evidence and of tiles. */

/** Calibrated logits at which the scale of evidence ends: a probability of 0.998. */
export const FULL_SCALE_LOGIT = 6;

/** Largest opacity over tissue. */
export const MAX_OPACITY = 0.35;
// Just below the threshold; tissue of low probability stays easy to see.
const OPACITY_BELOW = 0.14;

/** A colour and its opacity, 0 to 1. */
export interface Tint {
  colour: Rgb;
  opacity: number;
}

/** Colour of evidence in calibrated logits; evidence against carcinoma is not drawn. */
export function evidenceTint(logit: number): Tint {
  const share = Math.min(Math.max(logit / FULL_SCALE_LOGIT, 0), 1);
  return { colour: colourOf(share), opacity: MAX_OPACITY * share };
}

/** Colour of a tile: full from the threshold on, faint below it. */
export function tileTint(probability: number, threshold: number): Tint {
  const isAbove = probability >= threshold;
  return {
    colour: colourOf(probability),
    opacity: isAbove ? MAX_OPACITY : (OPACITY_BELOW * probability) / threshold,
  };
}

/** A tint's colour over white, as in a legend. */
export function overWhite({ colour, opacity }: Tint): Rgb {
  const mix = (level: number) => Math.round(255 + (level - 255) * opacity);
  return [mix(colour[0]), mix(colour[1]), mix(colour[2])];
}
