/** The logit of an evidence map: for this kind of model, it is the map's mean. */

/** A made-up map, in calibrated logits; not from any patch. */
export const INVENTED_MAP: readonly (readonly number[])[] = [
  [5.2, 2.1, -0.4, -2.6],
  [2.8, 3.4, 0.6, -1.9],
  [0.7, 1.5, -0.8, -1.2],
  [-1.1, 0.2, -1.4, -3.0],
];

export function meanOf(map: readonly (readonly number[])[]): number {
  const cells = map.flat();
  return cells.reduce((sum, cell) => sum + cell, 0) / cells.length;
}

/** The probability, 0 to 1, of a calibrated logit. */
export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
