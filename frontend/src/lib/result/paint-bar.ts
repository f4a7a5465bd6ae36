import { fontFamily, INK } from "@/lib/result/paint-text";
import { scaleBar } from "@/lib/result/scale-bar";

const LONGEST_CSS_PIXELS = 140;

/** A scale bar in the lower left corner, on white so that it is legible. */
export function paintBar(
  context: CanvasRenderingContext2D,
  pixelsPerMicron: number,
  labelOf: (microns: number) => string,
  ratio: number,
): void {
  const { length, microns } = scaleBar(pixelsPerMicron, LONGEST_CSS_PIXELS);
  const label = labelOf(microns);
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
