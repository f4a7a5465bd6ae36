"use client";

import { useTranslations } from "next-intl";
import { type ReactNode, useId, useState } from "react";
import { cn } from "@/lib/class-names";

interface ChartFigureProps {
  title: string;
  /** A sentence that describes the drawing, for screen readers. */
  summary: string;
  /** The same numbers as rows. */
  table: ReactNode;
  /** Classes for the common height of drawing and table. */
  height: string;
  children: ReactNode;
}

/** A drawing of numbers, their summary, and their table; on paper, the table too. */
export function ChartFigure(props: ChartFigureProps) {
  const { title, summary, table, height, children } = props;
  const t = useTranslations("dashboard");
  const id = useId();
  const [isTable, setIsTable] = useState(false);
  return (
    <figure aria-labelledby={id} className="min-w-0 break-inside-avoid pt-4">
      <figcaption>
        <div className="flex items-start justify-between gap-4">
          <h2 id={id} className="font-semibold text-lg">
            {title}
          </h2>
          <button
            type="button"
            aria-pressed={isTable}
            aria-label={t("table_of", { title })}
            onClick={() => setIsTable(!isTable)}
            className={cn(
              "min-h-7 shrink-0 rounded-md border border-edge px-2 text-sm hover:bg-raised print:hidden",
              isTable && "bg-accent-soft text-accent-strong",
            )}
          >
            {t("table")}
          </button>
        </div>
        <p className="mt-1 max-w-prose text-muted text-sm">{summary}</p>
      </figcaption>
      {!isTable && (
        <div aria-hidden="true" className={cn("mt-3", height)}>
          {children}
        </div>
      )}
      <section
        aria-label={t("table_of", { title })}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: by keyboard it scrolls only with focus
        tabIndex={0}
        className={cn(
          "mt-3 overflow-auto print:h-auto",
          height,
          isTable ? "block" : "hidden print:block",
        )}
      >
        {table}
      </section>
    </figure>
  );
}
