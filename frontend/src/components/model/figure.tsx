import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { ScrollBox, SubTitle } from "@/components/model/section";
import { NumberTable } from "@/components/shared/number-table";
import { cn } from "@/lib/class-names";

export interface FigureTable {
  /** The first names the rows. */
  columns: readonly string[];
  rows: readonly { key: string; name: string; cells: readonly string[] }[];
}

interface FigureProps {
  title: string;
  text: string;
  table: FigureTable;
  className?: string;
  children: ReactNode;
}

/** A drawing of figures, its description, and the figures as a table. */
export function Figure({ title, text, table, className, children }: FigureProps) {
  return (
    <figure className={cn("grid min-w-0 grid-cols-1 content-start gap-4", className)}>
      <figcaption className="grid gap-1">
        <SubTitle>{title}</SubTitle>
        <p className="max-w-[68ch] text-muted text-sm">{text}</p>
      </figcaption>
      {children}
      <FigureDetails title={title} table={table} />
    </figure>
  );
}

/** Figures as a table, closed at first. */
export function FigureDetails({ title, table }: { title: string; table: FigureTable }) {
  const t = useTranslations("model");
  return (
    <details className="min-w-0">
      <summary className="w-fit py-1 text-accent text-sm underline underline-offset-4">
        {t("figures_table")}
        <span className="sr-only">: {title}</span>
      </summary>
      <ScrollBox label={title}>
        <div className="mt-2 max-h-80 min-w-fit">
          <NumberTable caption={title} {...table} />
        </div>
      </ScrollBox>
    </details>
  );
}
