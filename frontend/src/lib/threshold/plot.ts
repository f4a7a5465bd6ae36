/** Geometry of the site's own plots. Both axes run from 0 to 1, and y points up. */

export interface PlotPoint {
  x: number;
  /** Null if the figure is undefined, which interrupts the line. */
  y: number | null;
}

/** Side of a plot's square view box. */
export const PLOT_UNITS = 100;

/** An SVG path through the points of a square of `PLOT_UNITS`, y down; empty without points. */
export function linePath(points: readonly PlotPoint[]): string {
  let isOpen = false;
  const steps = points.map(({ x, y }) => {
    const command = isOpen ? "L" : "M";
    isOpen = y !== null;
    return y === null ? "" : `${command}${unit(x)} ${unit(1 - y)}`;
  });
  return steps.filter(Boolean).join("");
}

/** Position of a mark in its plot, as CSS. */
export function place(x: number, y: number): { left: string; top: string } {
  return { left: `${unit(x)}%`, top: `${unit(1 - y)}%` };
}

function unit(share: number): number {
  return Math.round(share * PLOT_UNITS * 100) / 100;
}
