/** Magnifications as on a slide scanner's screen: at 10x a CSS pixel shows 1 µm of tissue. */

export const MAGNIFICATIONS = [1.25, 2.5, 5, 10, 20, 40] as const;

const MICRONS_AT_1X = 10;

/** The magnification of a displayed image; `scale` in CSS pixels for each of its pixels. */
export function magnificationOf(scale: number, micronsPerPixel: number): number {
  return (MICRONS_AT_1X * scale) / micronsPerPixel;
}

/** The scale, in CSS pixels for each pixel of the image, that gives a magnification. */
export function scaleOfMagnification(magnification: number, micronsPerPixel: number): number {
  return (magnification * micronsPerPixel) / MICRONS_AT_1X;
}
