import { cn } from "@/lib/class-names";

export interface Part {
  key: string;
  name: string;
  /** Its count and share, as text. */
  value: string;
  count: number;
  /** Classes that fill its area. */
  fill: string;
}

/** Parts of a whole: one bar, with a legend of names and amounts below. */
export function ShareBar({ parts }: { parts: readonly Part[] }) {
  return (
    <div className="grid gap-3">
      <div className="flex h-8 gap-px">
        {parts
          .filter(({ count }) => count > 0)
          .map(({ key, count, fill }) => (
            <span key={key} className={cn("min-w-0.5 basis-0", fill)} style={{ flexGrow: count }} />
          ))}
      </div>
      <ul className="grid gap-1 text-sm">
        {parts.map(({ key, name, value, fill }) => (
          <li key={key} className="flex items-center gap-2">
            <span className={cn("h-3 w-5 shrink-0", fill)} />
            <span>{name}</span>
            <span className="ml-auto">{value}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
