import type { Rect, Segment, Size } from "@/lib/result/geometry";
import type { Grid, Raster } from "@/lib/result/raster";
import { scaleBar } from "@/lib/result/scale-bar";
import type { View } from "@/lib/result/viewport";

/** Draws an image with what the model found over it, on any canvas. */

/** All that is drawn; lengths in pixels of the uploaded image. */
export interface Scene {
  image: Size;
  /** The image in any resolution; null where it cannot be drawn. */
  picture: CanvasImageSource | null;
  overlay: Overlay | null;
  /** Around what suggests IDC. */
  outline: readonly Segment[];
  /** Around what is inconclusive; dashed. */
  dashed: readonly Segment[];
  /** Without tissue: hatched. */
  empty: readonly Rect[];
  /** What is pointed at. */
  marked: Rect | null;
  micronsPerPixel: number;
  /** What a scale bar of so many µm is called; null for no bar. */
  barLabel: ((microns: number) => string) | null;
}

export interface Overlay {
  pixels: HTMLCanvasElement;
  /** What the pixels cover: maybe more than the image. */
  covered: Size;
  opacity: number;
  isSmooth: boolean;
  /** Values to be written into their cells, with the text for each; null for none. */
  figures: { grid: Grid; label: (value: number) => string } | null;
}

const INK = "#17161d";
const PAPER = "#ffffff";
// Cells too small for a figure have none.
const LEAST_CELL_CSS_PIXELS = 36;
const FIGURE_CSS_PIXELS = 12;
// Lines closer than this would hide what they divide.
const LEAST_LINED_CSS_PIXELS = 6;
const HATCH_CSS_PIXELS = 8;
const DASH_CSS_PIXELS = [5, 7];
const LONGEST_BAR_CSS_PIXELS = 140;

/** A raster as something that can be drawn and stretched. */
export function canvasOf({ width, height, data }: Raster): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")?.putImageData(new ImageData(data, width, height), 0, 0);
  return canvas;
}

/** The same image without anything over it but what is pointed at, for beside it. */
export function plainScene(scene: Scene): Scene {
  return { ...scene, overlay: null, outline: [], dashed: [], empty: [], barLabel: null };
}

/** Draw a scene; `ratio` is the canvas's pixels for each CSS pixel of the view. */
export function paintScene(
  context: CanvasRenderingContext2D,
  scene: Scene,
  view: View,
  ratio: number,
): void {
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  context.save();
  const zoom = ratio * view.scale;
  context.setTransform(zoom, 0, 0, zoom, ratio * view.x, ratio * view.y);
  clipTo(context, scene.image);
  paintPicture(context, scene, zoom);
  hatch(context, scene, view.scale);
  paintOverlay(context, scene.overlay);
  context.setLineDash(DASH_CSS_PIXELS.map((length) => length / view.scale));
  paintOutline(context, scene.dashed, view.scale);
  context.setLineDash([]);
  paintOutline(context, scene.outline, view.scale);
  if (scene.overlay?.figures) {
    paintFigures(context, scene.overlay, scene.overlay.figures, view.scale);
  }
  mark(context, scene.marked, view.scale);
  context.restore();
  if (scene.barLabel) {
    const bar = scaleBar(view.scale / scene.micronsPerPixel, LONGEST_BAR_CSS_PIXELS);
    paintBar(context, bar.length, scene.barLabel(bar.microns), ratio);
  }
}

function clipTo(context: CanvasRenderingContext2D, { width, height }: Size): void {
  context.beginPath();
  context.rect(0, 0, width, height);
  context.clip();
}

function paintPicture(context: CanvasRenderingContext2D, scene: Scene, zoom: number): void {
  const { width, height } = scene.image;
  // What is transparent is judged on white.
  context.fillStyle = PAPER;
  context.fillRect(0, 0, width, height);
  if (scene.picture) {
    const own = naturalWidth(scene.picture);
    // Pixels of tissue are data: enlarged, nothing is invented between them.
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

function hatch(context: CanvasRenderingContext2D, { empty, image }: Scene, scale: number): void {
  context.save();
  context.beginPath();
  for (const { x, y, width, height } of empty) {
    context.rect(x, y, width, height);
  }
  context.clip();
  const step = HATCH_CSS_PIXELS / scale;
  context.beginPath();
  for (let along = step; along < image.width + image.height; along += step) {
    context.moveTo(along, 0);
    context.lineTo(along - image.height, image.height);
  }
  context.lineWidth = 1 / scale;
  context.strokeStyle = "rgb(60 56 72 / 0.28)";
  context.stroke();
  context.restore();
}

function paintOutline(
  context: CanvasRenderingContext2D,
  outline: readonly Segment[],
  scale: number,
): void {
  context.beginPath();
  for (const [x, y, toX, toY] of outline) {
    context.moveTo(x, y);
    context.lineTo(toX, toY);
  }
  strokeTwice(context, scale);
}

function mark(context: CanvasRenderingContext2D, part: Rect | null, scale: number): void {
  if (part) {
    context.beginPath();
    const inset = 1.5 / scale;
    context.rect(part.x + inset, part.y + inset, part.width - 2 * inset, part.height - 2 * inset);
    strokeTwice(context, scale);
  }
}

/** Dark on light, so that a line is seen on any tissue and any colour. */
function strokeTwice(context: CanvasRenderingContext2D, scale: number): void {
  context.lineCap = "square";
  context.lineWidth = 3.5 / scale;
  context.strokeStyle = PAPER;
  context.stroke();
  context.lineWidth = 1.5 / scale;
  context.strokeStyle = INK;
  context.stroke();
}

function paintFigures(
  context: CanvasRenderingContext2D,
  { covered }: Overlay,
  { grid, label }: NonNullable<Overlay["figures"]>,
  scale: number,
): void {
  const cell = {
    width: covered.width / (grid[0]?.length ?? 1),
    height: covered.height / grid.length,
  };
  const side = Math.min(cell.width, cell.height) * scale;
  if (side >= LEAST_LINED_CSS_PIXELS) {
    paintLines(context, covered, cell, scale);
  }
  if (side < LEAST_CELL_CSS_PIXELS) {
    return;
  }
  const { a: zoom, e: left, f: top } = context.getTransform();
  const seen = (offset: number, step: number, room: number): [number, number] => [
    Math.max(0, Math.floor(-offset / (zoom * step))),
    Math.ceil((room - offset) / (zoom * step)),
  ];
  const [firstRow, lastRow] = seen(top, cell.height, context.canvas.height);
  const [firstColumn, lastColumn] = seen(left, cell.width, context.canvas.width);
  // In the canvas's own pixels: letters far below one pixel, enlarged, come out crooked.
  context.setTransform(1, 0, 0, 1, 0, 0);
  styleFigures(context, zoom / scale);
  grid.slice(firstRow, lastRow).forEach((line, row) => {
    line.slice(firstColumn, lastColumn).forEach((value, column) => {
      if (value !== null) {
        const x = left + zoom * (firstColumn + column + 0.5) * cell.width;
        const y = top + zoom * (firstRow + row + 0.5) * cell.height;
        context.strokeText(label(value), x, y);
        context.fillText(label(value), x, y);
      }
    });
  });
  context.setTransform(zoom, 0, 0, zoom, left, top);
}

function styleFigures(context: CanvasRenderingContext2D, ratio: number): void {
  context.font = `600 ${FIGURE_CSS_PIXELS * ratio}px ${fontFamily()}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 3 * ratio;
  context.strokeStyle = "rgb(255 255 255 / 0.9)";
  context.fillStyle = INK;
}

function paintLines(
  context: CanvasRenderingContext2D,
  covered: Size,
  cell: Size,
  scale: number,
): void {
  context.beginPath();
  for (let x = cell.width; x < covered.width - 0.5 * cell.width; x += cell.width) {
    context.moveTo(x, 0);
    context.lineTo(x, covered.height);
  }
  for (let y = cell.height; y < covered.height - 0.5 * cell.height; y += cell.height) {
    context.moveTo(0, y);
    context.lineTo(covered.width, y);
  }
  context.lineWidth = 1 / scale;
  context.strokeStyle = "rgb(255 255 255 / 0.65)";
  context.stroke();
}

/** How long a stretch of the tissue is, in the lower left corner, on paper so that it is read. */
function paintBar(
  context: CanvasRenderingContext2D,
  length: number,
  label: string,
  ratio: number,
): void {
  context.save();
  context.setTransform(ratio, 0, 0, ratio, 12 * ratio, context.canvas.height - 12 * ratio);
  context.font = `500 13px ${fontFamily()}`;
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  const room = context.canvas.width / ratio - 24;
  const width = Math.min(Math.max(length, context.measureText(label).width) + 16, room);
  context.fillStyle = "rgb(255 255 255 / 0.92)";
  context.fillRect(0, -36, width, 36);
  context.fillStyle = INK;
  context.fillText(label, 8, -18, width - 16);
  context.fillRect(8, -9, length, 2);
  context.fillRect(8, -13, 1, 6);
  context.fillRect(7 + length, -13, 1, 6);
  context.restore();
}

/** The page's own letters. */
export function fontFamily(): string {
  return getComputedStyle(document.body).fontFamily;
}
