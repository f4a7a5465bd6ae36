import { useFormatter } from "next-intl";

/**
 * Common attributes of all drawings. They are hidden from screen readers: summary and table say the
 * same.
 */
export const CHART = {
  responsive: true,
  accessibilityLayer: false,
  style: { width: "100%", height: "100%" },
  margin: { top: 8, right: 8, bottom: 0, left: 0 },
} as const;

export const AXIS = {
  tick: { fill: "var(--color-muted)", fontSize: 12 },
  tickLine: false,
  axisLine: { stroke: "var(--color-edge)" },
} as const;

export const GRID = { vertical: false, stroke: "var(--color-line)" } as const;

interface HintProps {
  title: string;
  lines: readonly { name: string; value: number }[];
}

/** The numbers of the part under the pointer. */
export function Hint({ title, lines }: HintProps) {
  const format = useFormatter();
  return (
    <div className="rounded-md border border-edge bg-surface px-3 py-2 text-xs">
      <p className="font-medium">{title}</p>
      <dl className="mt-1 grid grid-cols-[auto_auto] gap-x-4">
        {lines.map(({ name, value }) => (
          <div key={name} className="contents">
            <dt className="text-muted">{name}</dt>
            <dd className="text-right">{format.number(value)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
