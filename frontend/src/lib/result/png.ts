import { whiteCanvas } from "@/lib/result/canvas";
import { type Legend, legendOf, type Measure } from "@/lib/result/legend";
import { paintScene, plainScene, type Scene } from "@/lib/result/paint";
import { fontFamily, INK } from "@/lib/result/paint-text";
import { wholeView } from "@/lib/result/viewport";

/** The text below the image. */
export interface Sheet {
  caption: readonly string[];
  measure: Measure;
  /** The legend's quantity, with its unit. */
  title: string;
  threshold: number;
}

// Small images are enlarged to about the first size, large ones reduced to the second, in pixels.
const LONG_SIDE = 1200;
const LONGEST_SIDE = 3200;
const MARGIN = 24;
const LINE = 26;
const BAR = { width: 480, height: 14 };

/**
 * The whole image as a PNG, with the evidence as it is shown, its legend and a caption.
 *
 * @param isSideBySide Whether the image without the evidence is beside it.
 * @throws Error if the browser has not enough memory for the drawing.
 */
export async function resultPng(scene: Scene, sheet: Sheet, isSideBySide: boolean): Promise<Blob> {
  const scale = scaleOf(scene);
  const panes = (isSideBySide ? [plainScene(scene), scene] : [scene]).map((one) =>
    drawn(one, scale),
  );
  const width = panes.reduce((sum, pane) => sum + pane.width, MARGIN * (panes.length - 1));
  const height = panes[0]?.height ?? 0;
  const legend = scene.overlay
    ? legendOf(sheet.measure, sheet.threshold, scene.overlay.opacity)
    : null;
  const footer = MARGIN * 2 + LINE * sheet.caption.length + (legend ? 4 * LINE : 0);
  const context = blank(Math.max(width, BAR.width + 2 * MARGIN), height + footer);
  panes.forEach((pane, place) => {
    context.drawImage(pane, place * (pane.width + MARGIN), 0);
  });
  let top = height + MARGIN;
  if (legend) {
    paintLegend(context, legend, sheet.title, top);
    top += 4 * LINE;
  }
  sheet.caption.forEach((line, place) => {
    context.fillText(line, MARGIN, top + LINE * (place + 0.5), context.canvas.width - 2 * MARGIN);
  });
  return encoded(context.canvas);
}

function scaleOf({ image }: Scene): number {
  const longest = Math.max(image.width, image.height);
  const scale = longest < LONG_SIDE ? Math.ceil(LONG_SIDE / longest) : 1;
  return Math.min(scale, LONGEST_SIDE / longest);
}

function drawn(scene: Scene, scale: number): HTMLCanvasElement {
  const { width, height } = scene.image;
  const context = blank(Math.round(width * scale), Math.round(height * scale));
  paintScene(context, scene, wholeView(scene.image, scale));
  return context.canvas;
}

function blank(width: number, height: number): CanvasRenderingContext2D {
  const context = whiteCanvas(width, height);
  context.fillStyle = INK;
  context.font = `18px ${fontFamily()}`;
  context.textBaseline = "middle";
  return context;
}

function paintLegend(
  context: CanvasRenderingContext2D,
  { stops, ticks }: Legend,
  title: string,
  top: number,
): void {
  context.fillText(title, MARGIN, top + LINE / 2);
  const gradient = context.createLinearGradient(MARGIN, 0, MARGIN + BAR.width, 0);
  for (const { place, colour } of stops) {
    gradient.addColorStop(place, colour);
  }
  context.fillStyle = gradient;
  context.fillRect(MARGIN, top + LINE + 4, BAR.width, BAR.height);
  context.strokeStyle = INK;
  context.strokeRect(MARGIN + 0.5, top + LINE + 4.5, BAR.width - 1, BAR.height - 1);
  context.fillStyle = INK;
  context.textAlign = "center";
  for (const { value, place } of ticks) {
    const text = value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 2 });
    context.fillText(text, MARGIN + place * BAR.width, top + 2.5 * LINE);
  }
  context.textAlign = "left";
}

function encoded(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no PNG"))), "image/png");
  });
}
