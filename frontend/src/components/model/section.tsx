import type { ReactNode } from "react";

interface SectionProps {
  id: string;
  title: string;
  children: ReactNode;
}

/** A section of a long page, linked from the contents. */
export function Section({ id, title, children }: SectionProps) {
  return (
    <section
      id={id}
      aria-labelledby={`${id}-title`}
      className="grid min-w-0 scroll-mt-24 grid-cols-1 gap-6 border-t pt-6 sm:scroll-mt-16"
    >
      <h2 id={`${id}-title`} className="font-semibold text-lg">
        {title}
      </h2>
      {children}
    </section>
  );
}

export function SubTitle({ children }: { children: ReactNode }) {
  return <h3 className="font-medium">{children}</h3>;
}

/** Running text with a readable line length. */
export function Prose({ children }: { children: ReactNode }) {
  return <div className="grid max-w-[68ch] gap-3">{children}</div>;
}

interface FactsProps {
  facts: readonly { term: string; value: ReactNode }[];
}

/** Terms and what they are here. */
export function Facts({ facts }: FactsProps) {
  return (
    <dl className="grid max-w-[60rem] text-sm">
      {facts.map(({ term, value }) => (
        <div
          key={term}
          className="grid gap-x-6 border-b py-2 last:border-b-0 sm:grid-cols-[14rem_minmax(0,1fr)]"
        >
          <dt className="text-muted">{term}</dt>
          <dd className="break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface ScrollBoxProps {
  label: string;
  children: ReactNode;
}

/** A box in which wide content scrolls on a narrow screen, also by keyboard. */
export function ScrollBox({ label, children }: ScrollBoxProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box must be reachable by keyboard
    <section tabIndex={0} aria-label={label} className="max-w-full overflow-x-auto">
      {children}
    </section>
  );
}
