import { fontFamily, INK } from "@/lib/result/paint-text";
import { matrixOf, type Point, toPane, type View } from "@/lib/result/viewport";

/** A length on the tissue: two points of the image, and its text. */
export interface Ruler {
  from: Point;
  to: Point;
  label: string;
}

const TICK_CSS_PIXELS = 6;
const GAP_CSS_PIXELS = 14;

/** Draw a ruler, with the same thickness and label size at any zoom. */
export function paintRuler(
  context: CanvasRenderingContext2D,
  { from, to, label }: Ruler,
  view: View,
  ratio: number,
): void {
  const [start, end] = [toPane(view, from), toPane(view, to)];
  context.save();
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  line(context, start, end);
  for (const [width, colour] of [
    [4, "#ffffff"],
    [2, INK],
  ] as const) {
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.stroke();
  }
  context.font = `600 13px ${fontFamily()}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const width = context.measureText(label).width + 12;
  const middle = { x: (start.x + end.x) / 2, y: (start.y + end.y) / 2 - GAP_CSS_PIXELS };
  context.fillStyle = "rgb(255 255 255 / 0.92)";
  context.fillRect(middle.x - width / 2, middle.y - 10, width, 20);
  context.fillStyle = INK;
  context.fillText(label, middle.x, middle.y);
  context.restore();
  context.setTransform(...matrixOf(view, ratio));
}

/** A line with a tick at either end. */
function line(context: CanvasRenderingContext2D, start: Point, end: Point): void {
  const length = Math.hypot(end.x - start.x, end.y - start.y) || 1;
  const across = {
    x: (-(end.y - start.y) / length) * TICK_CSS_PIXELS,
    y: ((end.x - start.x) / length) * TICK_CSS_PIXELS,
  };
  context.beginPath();
  context.moveTo(start.x, start.y);
  context.lineTo(end.x, end.y);
  for (const { x, y } of [start, end]) {
    context.moveTo(x - across.x, y - across.y);
    context.lineTo(x + across.x, y + across.y);
  }
}
