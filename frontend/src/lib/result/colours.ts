import { inferno, type Rgb } from "@/lib/result/inferno";

/** Colour and opacity of evidence and of tiles, the same as in the service's own drawings. */

/** Calibrated logits at which the scale of evidence ends: a probability of 0.998. */
export const FULL_SCALE_LOGIT = 6;

const MAX_OPACITY = 0.65;
const TILE_OPACITY = 0.55;

/** A colour and its opacity, 0 to 1. */
export interface Tint {
  colour: Rgb;
  opacity: number;
}

/** How evidence, in calibrated logits, is drawn; evidence against carcinoma is not. */
export function evidenceTint(logit: number): Tint {
  const share = Math.min(Math.max(logit / FULL_SCALE_LOGIT, 0), 1);
  return { colour: inferno(share), opacity: MAX_OPACITY * share };
}

/** How a tile is drawn; opacity follows the probability, so that tissue of low probability stays easy to see. */
export function tileTint(probability: number): Tint {
  return {
    colour: inferno(probability),
    opacity: (TILE_OPACITY / 4) * (1 + 3 * probability),
  };
}

/** What a tint looks like over white paper, as in a legend. */
export function overWhite({ colour, opacity }: Tint): Rgb {
  const mix = (level: number) => Math.round(255 + (level - 255) * opacity);
  return [mix(colour[0]), mix(colour[1]), mix(colour[2])];
}
