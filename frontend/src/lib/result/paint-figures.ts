import type { Size } from "@/lib/result/geometry";
import { fontFamily, INK } from "@/lib/result/paint-text";
import type { Grid } from "@/lib/result/raster";
import { matrixOf, toPane, type View } from "@/lib/result/viewport";

/** Values, and the function that formats them. */
export interface Figures {
  grid: Grid;
  label: (value: number) => string;
}

// Smallest cell with a figure.
const LEAST_CELL_CSS_PIXELS = 36;
const FIGURE_CSS_PIXELS = 12;
// Lines closer than this would hide the cells.
const LEAST_LINED_CSS_PIXELS = 6;

/** Write values into the cells of a grid over `covered`, upright at any rotation. */
export function paintFigures(
  context: CanvasRenderingContext2D,
  { grid, label }: Figures,
  covered: Size,
  view: View,
  ratio: number,
): void {
  const cell = {
    width: covered.width / (grid[0]?.length ?? 1),
    height: covered.height / grid.length,
  };
  const side = Math.min(cell.width, cell.height) * view.scale;
  if (side >= LEAST_LINED_CSS_PIXELS) {
    paintLines(context, covered, cell, view.scale);
  }
  if (side < LEAST_CELL_CSS_PIXELS) {
    return;
  }
  // In CSS pixels: text far below one pixel is distorted when enlarged.
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  styleFigures(context);
  const isSeen = (at: { x: number; y: number }) =>
    at.x > -side && at.y > -side && at.x < view.pane.width + side && at.y < view.pane.height + side;
  grid.forEach((line, row) => {
    line.forEach((value, column) => {
      const at = toPane(view, { x: (column + 0.5) * cell.width, y: (row + 0.5) * cell.height });
      if (value !== null && isSeen(at)) {
        context.strokeText(label(value), at.x, at.y);
        context.fillText(label(value), at.x, at.y);
      }
    });
  });
  context.setTransform(...matrixOf(view, ratio));
}

function styleFigures(context: CanvasRenderingContext2D): void {
  context.font = `600 ${FIGURE_CSS_PIXELS}px ${fontFamily()}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 3;
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
