interface ProgressLineProps {
  name: string;
  /** Null if the duration is unknown. */
  percent: number | null;
  text: string;
}

/** A text with a progress bar below. */
export function ProgressLine({ name, percent, text }: ProgressLineProps) {
  const value = percent === null ? {} : { "aria-valuenow": percent };
  return (
    <div className="grid gap-1.5">
      <p className="text-muted text-sm">{text}</p>
      <div
        role="progressbar"
        aria-label={name}
        aria-valuetext={text}
        aria-valuemin={0}
        aria-valuemax={100}
        {...value}
        className="h-1 overflow-hidden rounded-full bg-raised"
      >
        <span
          className={
            percent === null
              ? "block h-full w-full animate-pulse bg-accent"
              : "block h-full bg-accent"
          }
          style={percent === null ? {} : { width: `${percent}%` }}
        />
      </div>
    </div>
  );
}
