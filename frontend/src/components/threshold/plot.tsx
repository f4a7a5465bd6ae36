import type { ReactNode } from "react";
import { cn } from "@/lib/class-names";
import { PLOT_UNITS, place } from "@/lib/threshold/plot";

interface Tick {
  at: number;
  label: string;
}

interface PlotProps {
  /** Describes the plot as text. */
  summary: string;
  xTitle: string;
  yTitle?: string;
  xTicks: readonly Tick[];
  yTicks: readonly Tick[];
  /** SVG in a square of `PLOT_UNITS`, stretched to the plot; strokes keep their width. */
  children: ReactNode;
  /** Content over the plot that must not be stretched. */
  marks?: ReactNode;
  className?: string;
}

/** Margins left and right of every plot's axis; content under a plot uses the same. */
export const PLOT_INSET = "pl-12 pr-3";

/** Two axes from 0 to 1 and a grid of hairlines, as one image to assistive technology. */
export function Plot(props: PlotProps) {
  const { summary, xTitle, yTitle, xTicks, yTicks, children, marks, className } = props;
  return (
    <div role="img" aria-label={summary} className={PLOT_INSET}>
      {yTitle && <p className="-ml-12 mb-3 text-muted text-xs">{yTitle}</p>}
      <div className={cn("relative border-edge border-b border-l", className)}>
        {yTicks.map(({ at, label }) => (
          <span key={at} className="absolute inset-x-0 border-t" style={{ top: place(0, at).top }}>
            <span className="absolute right-full -translate-y-1/2 pr-2 text-muted text-xs">
              {label}
            </span>
          </span>
        ))}
        <svg
          viewBox={`0 0 ${PLOT_UNITS} ${PLOT_UNITS}`}
          preserveAspectRatio="none"
          aria-hidden="true"
          className="absolute inset-0 size-full overflow-visible"
        >
          {children}
        </svg>
        {marks}
      </div>
      <div className="relative h-5">
        {xTicks.map(({ at, label }) => (
          <span
            key={at}
            className="absolute top-1 -translate-x-1/2 text-muted text-xs"
            style={{ left: place(at, 0).left }}
          >
            {label}
          </span>
        ))}
      </div>
      <p className="mt-1 text-muted text-xs">{xTitle}</p>
    </div>
  );
}

interface PlotLineProps {
  path: string;
  /** Lengths in pixels, as `stroke-dasharray`; none for a full line. */
  dashes?: string;
  className?: string;
}

export function PlotLine({ path, dashes, className }: PlotLineProps) {
  return (
    <path
      d={path}
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeDasharray={dashes}
      strokeLinejoin="round"
      vectorEffect="non-scaling-stroke"
      className={className}
    />
  );
}

interface PlotMarkProps {
  x: number;
  y: number;
  shape: "square" | "disc";
  className?: string;
}

/** A point of a plot. */
export function PlotMark({ x, y, shape, className }: PlotMarkProps) {
  return (
    <span
      className={cn(
        "absolute size-2.5 -translate-x-1/2 -translate-y-1/2 border-2 border-current",
        shape === "square" ? "bg-surface" : "rounded-full bg-current",
        className,
      )}
      style={place(x, y)}
    />
  );
}
