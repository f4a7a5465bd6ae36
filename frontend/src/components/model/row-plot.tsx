import { useFormatter } from "next-intl";
import { cn } from "@/lib/class-names";

/** A mark's shape identifies its series without colour. */
export const SERIES = {
  first: { shape: "disc", colour: "text-malignant" },
  second: { shape: "square", colour: "text-benign" },
  single: { shape: "disc", colour: "text-accent" },
} as const;

export type Series = keyof typeof SERIES;

export interface RowMark {
  series: Series;
  /** A share, 0 to 1. */
  value: number;
}

export interface PlotRow {
  key: string;
  name: string;
  marks: readonly RowMark[];
  /** Position of a dashed reference line, 0 to 1. */
  references?: readonly number[];
}

const TICKS = [0, 0.25, 0.5, 0.75, 1];

interface RowPlotProps {
  /** Describes the plot as text. */
  summary: string;
  rows: readonly PlotRow[];
}

/** Shares of several things below each other, as marks between 0 and 100 %. */
export function RowPlot({ summary, rows }: RowPlotProps) {
  const format = useFormatter();
  return (
    <div role="img" aria-label={summary} className="@container grid gap-1 text-sm">
      {rows.map(({ key, name, marks, references = [] }) => (
        <div key={key} className={ROW}>
          <span>{name}</span>
          <Track marks={marks} references={references} />
        </div>
      ))}
      <div className={ROW}>
        <span className="hidden @md:block" />
        <div className="relative mx-5 h-5">
          {TICKS.map((at) => (
            <span
              key={at}
              className="absolute -translate-x-1/2 text-muted text-xs"
              style={{ left: percent(at) }}
            >
              {format.number(at, { style: "percent" })}
            </span>
          ))}
        </div>
      </div>
    </div>
  );
}

const ROW = "grid items-center gap-x-4 @md:grid-cols-[11rem_minmax(0,1fr)]";

function Track({ marks, references }: { marks: PlotRow["marks"]; references: readonly number[] }) {
  return (
    <svg aria-hidden="true" className="mx-5 h-7 w-[calc(100%-2.5rem)] overflow-visible">
      <line x1="0" x2="100%" y1="50%" y2="50%" className="stroke-line" />
      {TICKS.map((at) => (
        <line key={at} x1={percent(at)} x2={percent(at)} y1="0" y2="100%" className="stroke-line" />
      ))}
      {references.map((at) => (
        <line
          key={at}
          x1={percent(at)}
          x2={percent(at)}
          y1="0"
          y2="100%"
          strokeWidth="1.5"
          strokeDasharray="3 3"
          className="stroke-ink"
        />
      ))}
      {marks.map(({ series, value }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: marks may be equal, in one order
        <Mark key={index} series={series} x={percent(value)} />
      ))}
    </svg>
  );
}

function Mark({ series, x }: { series: Series; x: string }) {
  const { shape, colour } = SERIES[series];
  return shape === "disc" ? (
    <circle cx={x} cy="50%" r="5" className={cn("fill-current", colour)} />
  ) : (
    <svg aria-hidden="true" x={x} y="50%" className={cn("overflow-visible", colour)}>
      <rect x="-5" y="-5" width="10" height="10" strokeWidth="2" className={SQUARE} />
    </svg>
  );
}

const SQUARE = "fill-surface stroke-current";

interface SeriesLegendProps {
  entries: readonly { series: Series; text: string }[];
  /** Label of the dashed lines. */
  reference?: string;
}

export function SeriesLegend({ entries, reference }: SeriesLegendProps) {
  return (
    <ul className="flex flex-wrap gap-x-6 gap-y-1 text-sm">
      {entries.map(({ series, text }) => (
        <li key={series} className="flex items-center gap-2">
          <svg aria-hidden="true" className="size-3.5 overflow-visible">
            <Mark series={series} x="50%" />
          </svg>
          {text}
        </li>
      ))}
      {reference && (
        <li className="flex items-center gap-2">
          <svg aria-hidden="true" width="6" height="14">
            <path d="M3 0V14" strokeWidth="1.5" strokeDasharray="3 3" className="stroke-ink" />
          </svg>
          {reference}
        </li>
      )}
    </ul>
  );
}

function percent(value: number): string {
  return `${100 * value}%`;
}
