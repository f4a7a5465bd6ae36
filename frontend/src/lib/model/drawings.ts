/** Drawings of a model's evaluation that the site shows and does not draw itself, in this order. */
const DRAWINGS = [
  { kind: "reliability", width: 750, height: 900 },
  { kind: "scores", width: 900, height: 570 },
  { kind: "confusion", width: 690, height: 630 },
] as const;

/**
 * Those that a model came with, by `evaluation` of `GET /model/`.
 *
 * Sizes are pixels, and keep the drawing's room before it comes.
 */
export function drawingsAmong(names: readonly string[]) {
  return DRAWINGS.filter(({ kind }) => names.includes(kind));
}
