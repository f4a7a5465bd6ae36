"use client";

import { useTranslations } from "next-intl";
import type { RecordText } from "@/components/history/use-record-text";
import type { HistoryItem } from "@/lib/api/schema";
import { cn } from "@/lib/class-names";

/** What the table and the grid need to show records, and to select among them. */
export interface ShapeProps {
  items: readonly HistoryItem[];
  text: RecordText;
  selected: ReadonlySet<string>;
  onSelect: (selected: ReadonlySet<string>) => void;
}

interface SelectOneProps extends Omit<ShapeProps, "items"> {
  item: HistoryItem;
  className?: string;
}

/** Above the link that covers the record, and large enough for a finger. */
export function SelectOne({ item, text, selected, onSelect, className }: SelectOneProps) {
  const t = useTranslations("history");
  return (
    <label className={cn("z-10 grid size-8 place-items-center", className)}>
      <input
        type="checkbox"
        aria-label={t("select_one", { time: text.time(item) })}
        checked={selected.has(item.id)}
        onChange={() => onSelect(toggled(selected, item.id))}
        className="size-4 accent-(--color-accent)"
      />
    </label>
  );
}

export function SelectAll({ items, selected, onSelect }: Omit<ShapeProps, "text">) {
  const t = useTranslations("history");
  const count = items.filter(({ id }) => selected.has(id)).length;
  const isAll = count === items.length;
  return (
    <label className="flex min-h-8 items-center gap-2 text-sm">
      <span className="grid size-8 place-items-center">
        <input
          type="checkbox"
          aria-label={t("select_all")}
          checked={isAll}
          ref={(box) => {
            if (box) {
              box.indeterminate = count > 0 && !isAll;
            }
          }}
          onChange={() => onSelect(new Set(isAll ? [] : items.map(({ id }) => id)))}
          className="size-4 accent-(--color-accent)"
        />
      </span>
    </label>
  );
}

function toggled(selected: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(selected);
  if (!next.delete(id)) {
    next.add(id);
  }
  return next;
}
