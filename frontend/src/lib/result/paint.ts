import type { Polygon } from "@/lib/result/annotations";
import type { Rect, Segment, Size } from "@/lib/result/geometry";
import { paintBar } from "@/lib/result/paint-bar";
import { type Figures, paintFigures } from "@/lib/result/paint-figures";
import { paintRuler, type Ruler } from "@/lib/result/paint-ruler";
import { INK } from "@/lib/result/paint-text";
import type { Raster } from "@/lib/result/raster";
import { matrixOf, type View } from "@/lib/result/viewport";

/** Draws an image with the model's findings over it, on any canvas. */

/** Everything that is drawn; lengths in pixels of the uploaded image. */
export interface Scene {
  image: Size;
  /** The image in any resolution; null if it cannot be drawn. */
  picture: CanvasImageSource | null;
  overlay: Overlay | null;
  /** Outlines of the foci, with holes. */
  foci: readonly Polygon[];
  /** The focus that was zoomed to. */
  current: Polygon | null;
  /** Outlines drawn by a person; blue. */
  annotations: readonly Polygon[];
  /** Outlines of inconclusive tiles; dashed. */
  dashed: readonly Segment[];
  /** Tiles without tissue; hatched. */
  empty: readonly Rect[];
  /** The tile or cell under the pointer. */
  marked: Rect | null;
  /** The measured length; null for none. */
  ruler: Ruler | null;
  micronsPerPixel: number;
  /** The label of a scale bar by its length in µm; null for no bar. */
  barLabel: ((microns: number) => string) | null;
}

export interface Overlay {
  pixels: HTMLCanvasElement;
  /** The area of the pixels; may be larger than the image. */
  covered: Size;
  opacity: number;
  isSmooth: boolean;
  /** Values to write into their cells; null for none. */
  figures: Figures | null;
}

export const PAPER = "#ffffff";
// Differs from ink in every kind of colour vision, and from haematoxylin by its white edge.
const BLUE = "#0057d9";
const HATCH_CSS_PIXELS = 8;
export const DASH_CSS_PIXELS = [5, 7];
export const HATCH_COLOUR = "rgb(60 56 72 / 0.28)";
/** Widths of a line's white edge, and of the line on it. */
export const LINE_CSS_PIXELS = [3.5, 1.5] as const;
// Relative to the width of other outlines.
const CURRENT_WIDTH = 2;

/** A raster as a canvas that can be drawn and stretched. */
export function canvasOf({ width, height, data }: Raster): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")?.putImageData(new ImageData(data, width, height), 0, 0);
  return canvas;
}

/** The same image without findings, except under the pointer, for display beside it. */
export function plainScene(scene: Scene): Scene {
  return {
    ...scene,
    overlay: null,
    foci: [],
    current: null,
    annotations: [],
    dashed: [],
    empty: [],
  };
}

/** Draw a scene, its image and a scale bar; `ratio` is the canvas's pixels for each CSS pixel. */
export function paintScene(
  context: CanvasRenderingContext2D,
  scene: Scene,
  view: View,
  ratio = 1,
): void {
  context.save();
  context.setTransform(...matrixOf(view, ratio));
  clipTo(context, scene.image);
  paintPicture(context, scene, ratio * view.scale);
  paintOver(context, scene, view, ratio);
  context.restore();
  if (scene.barLabel) {
    paintBar(context, view.scale / scene.micronsPerPixel, scene.barLabel, ratio);
  }
}

/** Draw everything over the image, on a clear canvas. */
export function paintOver(
  context: CanvasRenderingContext2D,
  scene: Scene,
  view: View,
  ratio: number,
): void {
  const { scale } = view;
  context.save();
  context.setTransform(...matrixOf(view, ratio));
  clipTo(context, scene.image);
  hatch(context, scene, scale, ratio);
  paintOverlay(context, scene.overlay);
  context.setLineDash(DASH_CSS_PIXELS.map((length) => length / scale));
  paintSegments(context, scene.dashed, scale);
  context.setLineDash([]);
  paintPolygons(context, scene.foci, scale);
  if (scene.current) {
    paintPolygons(context, [scene.current], scale, CURRENT_WIDTH);
  }
  paintPolygons(context, scene.annotations, scale, 1, BLUE);
  if (scene.overlay?.figures) {
    paintFigures(context, scene.overlay.figures, scene.overlay.covered, view, ratio);
  }
  mark(context, scene.marked, scale);
  if (scene.ruler) {
    paintRuler(context, scene.ruler, view, ratio);
  }
  context.restore();
}

function clipTo(context: CanvasRenderingContext2D, { width, height }: Size): void {
  context.beginPath();
  context.rect(0, 0, width, height);
  context.clip();
}

function paintPicture(context: CanvasRenderingContext2D, scene: Scene, zoom: number): void {
  const { width, height } = scene.image;
  // The model also sees transparent images on white.
  context.fillStyle = PAPER;
  context.fillRect(0, 0, width, height);
  if (scene.picture) {
    const own = naturalWidth(scene.picture);
    // Pixels of tissue are data, so they are not interpolated when enlarged.
    context.imageSmoothingEnabled = own < width || zoom < 1;
    context.imageSmoothingQuality = "high";
    context.drawImage(scene.picture, 0, 0, width, height);
  }
}

function naturalWidth(picture: CanvasImageSource): number {
  return picture instanceof HTMLImageElement ? picture.naturalWidth : Number.POSITIVE_INFINITY;
}

function paintOverlay(context: CanvasRenderingContext2D, overlay: Overlay | null): void {
  if (overlay) {
    context.globalAlpha = overlay.opacity;
    context.imageSmoothingEnabled = overlay.isSmooth;
    context.imageSmoothingQuality = "high";
    context.drawImage(overlay.pixels, 0, 0, overlay.covered.width, overlay.covered.height);
    context.globalAlpha = 1;
  }
}

function hatch(
  context: CanvasRenderingContext2D,
  { empty }: Scene,
  scale: number,
  ratio: number,
): void {
  const pattern = hatching(context, ratio);
  if (pattern) {
    context.beginPath();
    for (const { x, y, width, height } of empty) {
      context.rect(x, y, width, height);
    }
    pattern.setTransform(new DOMMatrix().scale(1 / (scale * ratio)));
    context.fillStyle = pattern;
    context.fill();
  }
}

const hatchings = new Map<number, CanvasPattern | null>();

function hatching(context: CanvasRenderingContext2D, ratio: number): CanvasPattern | null {
  const made = hatchings.get(ratio) ?? madeHatching(context, ratio);
  hatchings.set(ratio, made);
  return made;
}

/** Lines from the lower left to the upper right, at the same distance on any screen. */
function madeHatching(context: CanvasRenderingContext2D, ratio: number): CanvasPattern | null {
  const side = Math.round(HATCH_CSS_PIXELS * ratio);
  const canvas = document.createElement("canvas");
  canvas.width = side;
  canvas.height = side;
  const lines = canvas.getContext("2d");
  if (!lines) {
    return null;
  }
  // Also beyond the edges; otherwise the corners of the squares would be cut.
  for (const shift of [-side, 0, side]) {
    lines.moveTo(shift - 1, side + 1);
    lines.lineTo(shift + side + 1, -1);
  }
  lines.lineWidth = ratio;
  lines.strokeStyle = HATCH_COLOUR;
  lines.stroke();
  return context.createPattern(canvas, "repeat");
}

function paintSegments(
  context: CanvasRenderingContext2D,
  segments: readonly Segment[],
  scale: number,
): void {
  const path = new Path2D();
  for (const [x, y, toX, toY] of segments) {
    path.moveTo(x, y);
    path.lineTo(toX, toY);
  }
  strokeTwice(context, [path], scale);
}

function paintPolygons(
  context: CanvasRenderingContext2D,
  polygons: readonly Polygon[],
  scale: number,
  width = 1,
  colour = INK,
): void {
  strokeTwice(context, polygons.map(pathOf), scale, width, colour);
}

const paths = new WeakMap<Polygon, Path2D>();

/** A path for each polygon: one of thousands of cells takes browsers some thirty times as long. */
function pathOf(polygon: Polygon): Path2D {
  const made = paths.get(polygon);
  if (made) {
    return made;
  }
  const path = new Path2D();
  for (const ring of polygon) {
    ring.forEach(([x, y], place) => {
      path[place === 0 ? "moveTo" : "lineTo"](x, y);
    });
    path.closePath();
  }
  paths.set(polygon, path);
  return path;
}

function mark(context: CanvasRenderingContext2D, part: Rect | null, scale: number): void {
  if (part) {
    const path = new Path2D();
    const inset = 1.5 / scale;
    path.rect(part.x + inset, part.y + inset, part.width - 2 * inset, part.height - 2 * inset);
    strokeTwice(context, [path], scale);
  }
}

/** Dark on light, so that a line is visible on any tissue and colour. */
function strokeTwice(
  context: CanvasRenderingContext2D,
  lines: readonly Path2D[],
  scale: number,
  width = 1,
  colour = INK,
): void {
  context.lineCap = "square";
  const [paper, ink] = LINE_CSS_PIXELS;
  for (const [pixels, style] of [
    [paper, PAPER],
    [ink, colour],
  ] as const) {
    context.lineWidth = (pixels * width) / scale;
    context.strokeStyle = style;
    for (const line of lines) {
      context.stroke(line);
    }
  }
}
