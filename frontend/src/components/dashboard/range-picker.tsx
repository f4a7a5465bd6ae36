"use client";

import { useTranslations } from "next-intl";
import { useId } from "react";
import { DelayedField } from "@/components/shared/delayed-field";
import { Segmented } from "@/components/shared/segmented";
import { dayText } from "@/lib/dates/dates";
import { PRESETS, type StatisticsRange } from "@/lib/statistics/range";

interface RangePickerProps {
  range: StatisticsRange;
  /** The time zone of the days; null while unknown. */
  zone: string | null;
  /** Called with the changed values. */
  onChange: (part: Partial<StatisticsRange>) => void;
}

export function RangePicker({ range, zone, onChange }: RangePickerProps) {
  const t = useTranslations("dashboard");
  return (
    <div className="mt-4 flex min-h-10 flex-wrap items-center gap-x-4 gap-y-2">
      <Segmented
        label={t("range.label")}
        options={PRESETS.map((preset) => ({ value: preset, text: t(`range.${preset}`) }))}
        value={range.preset}
        onChange={(preset) => onChange({ preset })}
      />
      {range.preset === "own" && <OwnRange range={range} onChange={onChange} />}
      <p className="min-h-5 min-w-64 text-muted text-sm">
        {zone && t("zone", { zone: zone.replaceAll("_", " ") })}
      </p>
    </div>
  );
}

function OwnRange({ range, onChange }: Omit<RangePickerProps, "zone">) {
  const t = useTranslations("dashboard.range");
  const id = useId();
  return (
    <div className="flex flex-wrap gap-x-4 gap-y-2">
      {(["from", "to"] as const).map((end) => (
        <label key={end} htmlFor={`${id}-${end}`} className="flex items-center gap-2 text-sm">
          <span className="text-muted">{t(end)}</span>
          <DelayedField
            id={`${id}-${end}`}
            type="date"
            value={range[end] ?? ""}
            read={dayText}
            onCommit={(day) => onChange({ [end]: day || null })}
          />
        </label>
      ))}
    </div>
  );
}
