/** A scale bar: its length on the tissue, and on the screen. */
export interface ScaleBar {
  microns: number;
  /** In the pixels of `pixelsPerMicron`. */
  length: number;
}

/** The longest bar of 1, 2 or 5 times a power of ten µm, at most `longest`. */
export function scaleBar(pixelsPerMicron: number, longest: number): ScaleBar {
  const most = longest / pixelsPerMicron;
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [5, 2, 1].find((one) => one * power <= most) ?? 1;
  return { microns: step * power, length: step * power * pixelsPerMicron };
}
