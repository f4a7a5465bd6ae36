"use client";

import { useTranslations } from "next-intl";
import type { RecordText } from "@/components/history/use-record-text";
import type { HistoryItem } from "@/lib/api/schema";
import { cn } from "@/lib/class-names";
import { type Entry, idsOf } from "@/lib/history/duplicates";

/** Data and callbacks of the table and the grid, for display and selection. */
export interface ShapeProps {
  /** All records, including those in closed groups. */
  items: readonly HistoryItem[];
  /** The displayed records. */
  entries: readonly Entry[];
  text: RecordText;
  selected: ReadonlySet<string>;
  onSelect: (selected: ReadonlySet<string>) => void;
  /** Opens or closes a group. */
  onFold: (key: string) => void;
}

/** Properties of one record. */
export interface EntryProps extends Omit<ShapeProps, "items" | "entries"> {
  entry: Entry;
}

interface SelectOneProps extends Omit<EntryProps, "onFold"> {
  className?: string;
}

/** Above the link that covers the record. */
export function SelectOne({ entry, text, selected, onSelect, className }: SelectOneProps) {
  const t = useTranslations("history");
  const ids = idsOf(entry);
  const time = text.time(entry.item);
  const count = ids.length;
  return (
    <Checkbox
      label={count > 1 ? t("select_fold", { count, time }) : t("select_one", { time })}
      ids={ids}
      selected={selected}
      onChange={(isAll) =>
        onSelect(isAll ? without(selected, ids) : new Set([...selected, ...ids]))
      }
      className={cn("z-10", className)}
    />
  );
}

export function SelectAll({
  items,
  selected,
  onSelect,
}: Pick<ShapeProps, "items" | "selected" | "onSelect">) {
  const t = useTranslations("history");
  const ids = items.map(({ id }) => id);
  return (
    <Checkbox
      label={t("select_all")}
      ids={ids}
      selected={selected}
      onChange={(isAll) => onSelect(new Set(isAll ? [] : ids))}
    />
  );
}

interface CheckboxProps {
  label: string;
  /** The records of this checkbox. */
  ids: readonly string[];
  selected: ReadonlySet<string>;
  /** Called with whether all of them are selected. */
  onChange: (isAll: boolean) => void;
  className?: string;
}

/** Large enough for a finger. */
function Checkbox({ label, ids, selected, onChange, className }: CheckboxProps) {
  const count = ids.filter((id) => selected.has(id)).length;
  const isAll = count === ids.length;
  return (
    <label className={cn("grid size-8 place-items-center", className)}>
      <input
        type="checkbox"
        aria-label={label}
        checked={isAll}
        ref={(box) => {
          if (box) {
            box.indeterminate = count > 0 && !isAll;
          }
        }}
        onChange={() => onChange(isAll)}
        className="size-4 accent-(--color-accent)"
      />
    </label>
  );
}

function without(selected: ReadonlySet<string>, ids: readonly string[]): ReadonlySet<string> {
  return new Set([...selected].filter((id) => !ids.includes(id)));
}
