"use client";

import { useTranslations } from "next-intl";
import { useId, useState } from "react";
import { DelayedField } from "@/components/shared/delayed-field";
import { dayText } from "@/lib/dates/dates";
import { countOfDetails, type HistoryFilters, KINDS, probabilityText } from "@/lib/history/filters";

export interface FilterProps {
  filters: HistoryFilters;
  /** Called with the changed values. */
  onChange: (part: Partial<HistoryFilters>) => void;
}

/** The filters that are needed less often; open where one of them is set. */
export function FilterDetails({ filters, onChange }: FilterProps) {
  const t = useTranslations("history.filters");
  const count = countOfDetails(filters);
  const [isOpen, setIsOpen] = useState(count > 0);
  return (
    <details open={isOpen} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary className="w-fit rounded-sm py-1 text-muted text-sm hover:text-ink">
        {t("more", { count })}
      </summary>
      <div className="mt-2 flex flex-wrap items-end gap-x-6 gap-y-3">
        <KindChoice filters={filters} onChange={onChange} />
        <ReviewedChoice filters={filters} onChange={onChange} />
        <DayRange filters={filters} onChange={onChange} />
        <ProbabilityRange filters={filters} onChange={onChange} />
      </div>
    </details>
  );
}

const SELECT = "min-h-9 rounded-md border border-edge bg-surface px-2 text-ink text-sm";
const LABEL = "grid gap-1 text-muted text-xs";

function KindChoice({ filters, onChange }: FilterProps) {
  const t = useTranslations("history.filters");
  const kinds = useTranslations("common.kind");
  return (
    <label className={LABEL}>
      {t("kind")}
      <select
        value={filters.kind ?? ""}
        onChange={({ target: { value } }) =>
          onChange({ kind: KINDS.find((kind) => kind === value) ?? null })
        }
        className={SELECT}
      >
        <option value="">{t("any")}</option>
        {KINDS.map((kind) => (
          <option key={kind} value={kind}>
            {kinds(kind)}
          </option>
        ))}
      </select>
    </label>
  );
}

function ReviewedChoice({ filters, onChange }: FilterProps) {
  const t = useTranslations("history.filters");
  const value = filters.reviewed === null ? "" : filters.reviewed ? "yes" : "no";
  return (
    <label className={LABEL}>
      {t("reviewed")}
      <select
        value={value}
        onChange={({ target }) =>
          onChange({ reviewed: target.value === "" ? null : target.value === "yes" })
        }
        className={SELECT}
      >
        <option value="">{t("any")}</option>
        <option value="yes">{t("reviewed_yes")}</option>
        <option value="no">{t("reviewed_no")}</option>
      </select>
    </label>
  );
}

function DayRange({ filters, onChange }: FilterProps) {
  const t = useTranslations("history.filters");
  const id = useId();
  return (
    <fieldset className="flex flex-wrap gap-x-3 gap-y-3">
      <legend className="sr-only">{t("days")}</legend>
      {(["from", "to"] as const).map((end) => (
        <label key={end} htmlFor={`${id}-${end}`} className={LABEL}>
          {t(end)}
          <DelayedField
            id={`${id}-${end}`}
            type="date"
            value={filters[end] ?? ""}
            read={dayText}
            onCommit={(day) => onChange({ [end]: day || null })}
            className="text-ink"
          />
        </label>
      ))}
    </fieldset>
  );
}

function ProbabilityRange({ filters, onChange }: FilterProps) {
  const t = useTranslations("history.filters");
  const id = useId();
  return (
    <fieldset className="flex gap-3">
      <legend className="sr-only">{t("probability")}</legend>
      {(["min", "max"] as const).map((end) => (
        <label key={end} htmlFor={`${id}-${end}`} className={LABEL}>
          {t(end)}
          <DelayedField
            id={`${id}-${end}`}
            type="number"
            min={0}
            max={1}
            step={0.01}
            inputMode="decimal"
            placeholder={end === "min" ? "0" : "1"}
            value={filters[end] === null ? "" : String(filters[end])}
            read={probabilityText}
            onCommit={(text) => onChange({ [end]: text === "" ? null : Number(text) })}
            className="w-32 text-ink"
          />
        </label>
      ))}
    </fieldset>
  );
}
