import type { Measure } from "@/lib/model/metrics";

/** A figure and its interval on a line from 0 to 1; the text stands beside it. */
export function IntervalBar({ value, interval }: Measure) {
  return (
    <div aria-hidden="true" className="relative h-2.5 w-full border-edge border-x">
      <span className="absolute inset-x-0 top-1/2 border-t" />
      {interval && (
        <span
          className="absolute inset-y-0 bg-accent/35"
          style={{
            left: `${100 * interval.low}%`,
            width: `${100 * (interval.high - interval.low)}%`,
          }}
        />
      )}
      <span
        className="absolute -inset-y-0.5 w-0.5 -translate-x-1/2 bg-accent"
        style={{ left: `${100 * value}%` }}
      />
    </div>
  );
}
