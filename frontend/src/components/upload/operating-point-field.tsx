"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { SettingsProps } from "@/components/upload/settings-props";
import { useFigureText } from "@/hooks/use-figure-text";
import { useOperatingPointLabel } from "@/hooks/use-operating-point-label";
import { modelQuery } from "@/lib/api/queries";
import type { OperatingPointReport } from "@/lib/api/schema";

/** The choice between the model's operating points, each with what it measured. */
export function OperatingPointField({ settings, onChange }: SettingsProps) {
  const t = useTranslations("upload.settings.operating_point");
  const labelOf = useOperatingPointLabel();
  const text = useFigureText();
  const { data: model } = useQuery(modelQuery);
  const share = (value: number) => text.share(value, 0);
  const figures = ({ sensitivity, specificity }: OperatingPointReport) =>
    sensitivity !== null &&
    specificity !== null &&
    t("figures", { sensitivity: share(sensitivity), specificity: share(specificity) });
  const chosen = settings.operatingPoint ?? model?.defaultOperatingPoint;
  return (
    <fieldset className="grid gap-3">
      <legend className="float-left font-medium">{t("title")}</legend>
      {!model && <p className="text-muted">{t("unknown")}</p>}
      {Object.entries(model?.operatingPoints ?? {}).map(([name, point]) => (
        <label key={name} className="grid grid-cols-[auto_1fr] gap-x-2">
          <input
            type="radio"
            name="operating_point"
            checked={name === chosen}
            onChange={() => onChange({ operatingPoint: name })}
            className="size-4 translate-y-0.5 accent-accent"
          />
          {labelOf(name)}
          <span className="col-start-2 text-muted text-xs">{figures(point)}</span>
        </label>
      ))}
      <p className="text-muted text-xs">{t("held_out")}</p>
    </fieldset>
  );
}
