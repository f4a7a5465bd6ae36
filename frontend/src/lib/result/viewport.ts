import type { Size } from "@/lib/result/geometry";

/** The view of an image in a pane. Pane coordinates are CSS pixels from the upper left corner. */
export interface View {
  pane: Size;
  /** The point of the image in the middle of the pane. */
  centre: Point;
  /** CSS pixels for each pixel of the image. */
  scale: number;
  /** Clockwise, before the image is flipped. */
  degrees: number;
  /** Mirrored left to right. */
  isFlipped: boolean;
}

export interface Point {
  x: number;
  y: number;
}

/** An affine map in canvas order: x' = a x + c y + e, y' = b x + d y + f. */
export type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** Exactly the whole image, `scale` times as large. */
export function wholeView({ width, height }: Size, scale: number): View {
  return {
    pane: { width: width * scale, height: height * scale },
    centre: { x: width / 2, y: height / 2 },
    scale,
    degrees: 0,
    isFlipped: false,
  };
}

/** From pixels of the image to pixels of a canvas, `ratio` of which are a CSS pixel. */
export function matrixOf({ pane, centre, scale, degrees, isFlipped }: View, ratio = 1): Matrix {
  const zoom = scale * ratio;
  const turn = (degrees * Math.PI) / 180;
  const [cos, sin] = [zoom * Math.cos(turn), zoom * Math.sin(turn)];
  const side = isFlipped ? -1 : 1;
  const x = cos * centre.x - sin * centre.y;
  const y = sin * centre.x + cos * centre.y;
  return [
    side * cos,
    sin,
    -side * sin,
    cos,
    (ratio * pane.width) / 2 - side * x,
    (ratio * pane.height) / 2 - y,
  ];
}

/** The point of the pane for a point of the image. */
export function toPane(view: View, at: Point): Point {
  const [a, b, c, d, e, f] = matrixOf(view);
  return { x: a * at.x + c * at.y + e, y: b * at.x + d * at.y + f };
}

/** The point of the image under a point of the pane. */
export function toImage(view: View, at: Point): Point {
  const [a, b, c, d, e, f] = matrixOf(view);
  const [x, y, size] = [at.x - e, at.y - f, a * d - b * c];
  return { x: (d * x - c * y) / size, y: (a * y - b * x) / size };
}
