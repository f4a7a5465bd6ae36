import type { Rect, Size } from "@/lib/result/geometry";

/** How an image lies in a pane: pane = offset + scale * image. Panes count in CSS pixels. */
export interface View {
  /** CSS pixels for each pixel of the image. */
  scale: number;
  x: number;
  y: number;
}

export interface Point {
  x: number;
  y: number;
}

// A pixel of the image drawn this large shows nothing more when it is larger still.
const MAX_CSS_PIXELS_PER_PIXEL = 64;
// Tiles that are centred take this share of the pane.
const CENTRED_SHARE = 0.35;

/** The whole image, as large as it can be, in the middle. */
export function fitted(pane: Size, image: Size): View {
  const scale = Math.min(pane.width / image.width, pane.height / image.height);
  return middle(pane, image, scale);
}

/** The view `factor` times as near, with the point of the pane kept where it is. */
export function zoomAt(view: View, factor: number, at: Point, pane: Size, image: Size): View {
  const scale = boundedScale(view.scale * factor, pane, image);
  const times = scale / view.scale;
  const moved = { scale, x: at.x - (at.x - view.x) * times, y: at.y - (at.y - view.y) * times };
  return bounded(moved, pane, image);
}

/** The view moved by CSS pixels. */
export function panBy(view: View, by: Point, pane: Size, image: Size): View {
  return bounded({ ...view, x: view.x + by.x, y: view.y + by.y }, pane, image);
}

/** A view with a part of the image in the middle, with what surrounds it. */
export function centreOn(part: Rect, pane: Size, image: Size): View {
  const wanted = CENTRED_SHARE * Math.min(pane.width / part.width, pane.height / part.height);
  const scale = boundedScale(wanted, pane, image);
  const view = {
    scale,
    x: pane.width / 2 - scale * (part.x + part.width / 2),
    y: pane.height / 2 - scale * (part.y + part.height / 2),
  };
  return bounded(view, pane, image);
}

/** The point of the image under a point of the pane. */
export function toImage(view: View, at: Point): Point {
  return { x: (at.x - view.x) / view.scale, y: (at.y - view.y) / view.scale };
}

function boundedScale(scale: number, pane: Size, image: Size): number {
  const least = fitted(pane, image).scale;
  return Math.min(Math.max(scale, least), Math.max(MAX_CSS_PIXELS_PER_PIXEL, least));
}

/** Nothing of the pane is left empty that the image could fill. */
function bounded(view: View, pane: Size, image: Size): View {
  const centred = middle(pane, image, view.scale);
  const within = (offset: number, centre: number) =>
    centre >= 0 ? centre : Math.min(0, Math.max(offset, 2 * centre));
  return { ...view, x: within(view.x, centred.x), y: within(view.y, centred.y) };
}

function middle(pane: Size, image: Size, scale: number): View {
  return {
    scale,
    x: (pane.width - scale * image.width) / 2,
    y: (pane.height - scale * image.height) / 2,
  };
}
