"use client";

import { useQuery } from "@tanstack/react-query";
import { useFormatter, useTranslations } from "next-intl";
import type { ReactNode, RefObject } from "react";
import type { SettingsProps } from "@/components/upload/settings-props";
import { modelQuery } from "@/lib/api/queries";
import { maxMicrons, micronsOfObjective, OBJECTIVES, readMicrons } from "@/lib/upload/settings";

interface ScaleFieldProps extends SettingsProps {
  micronsField: RefObject<HTMLInputElement | null>;
}

const INPUT = "h-9 rounded-md border border-edge bg-surface px-2";

/** The pixel size, for files that do not state it. */
export function ScaleField({ settings, onChange, micronsField }: ScaleFieldProps) {
  const t = useTranslations("upload.settings.scale");
  const format = useFormatter();
  const { data: model } = useQuery(modelQuery);
  const choice = (scale: typeof settings.scale) => ({
    isChosen: settings.scale === scale,
    onChoose: () => onChange({ scale }),
  });
  return (
    <fieldset className="grid gap-3">
      <legend className="float-left font-medium">{t("title")}</legend>
      <Choice {...choice("file")} text={t("file", { microns: model?.micronsPerPixel ?? 4 })} />
      <Choice {...choice("microns")} text={t("microns")}>
        <MicronsField settings={settings} onChange={onChange} micronsField={micronsField} />
      </Choice>
      <Choice {...choice("objective")} text={t("objective")}>
        <select
          aria-label={t("objective")}
          value={settings.objective ?? ""}
          onChange={({ target }) =>
            onChange({ objective: OBJECTIVES.find(isNamed(target.value)) ?? null })
          }
          className={INPUT}
        >
          <option value="">{t("objective_none")}</option>
          {OBJECTIVES.map((objective) => (
            <option key={objective} value={objective}>
              {t("objective_option", {
                objective: format.number(objective),
                microns: format.number(micronsOfObjective(objective)),
              })}
            </option>
          ))}
        </select>
        <p className="text-muted text-xs">{t("objective_hint")}</p>
      </Choice>
      <details>
        <summary className="py-1 text-accent hover:text-accent-strong">{t("why")}</summary>
        <p className="mt-1 text-muted">{t("why_text")}</p>
      </details>
    </fieldset>
  );
}

function isNamed(value: string) {
  return (objective: number) => String(objective) === value;
}

interface ChoiceProps {
  isChosen: boolean;
  onChoose: () => void;
  text: string;
  /** Further fields once it is chosen. */
  children?: ReactNode;
}

function Choice({ isChosen, onChoose, text, children }: ChoiceProps) {
  return (
    <div className="grid gap-2">
      <label className="flex gap-2">
        <input
          type="radio"
          name="scale"
          checked={isChosen}
          onChange={onChoose}
          className="size-4 shrink-0 translate-y-0.5 accent-accent"
        />
        {text}
      </label>
      {isChosen && children && <div className="ml-6 grid gap-1">{children}</div>}
    </div>
  );
}

function MicronsField({ settings, onChange, micronsField }: ScaleFieldProps) {
  const t = useTranslations("upload.settings.scale");
  const { data: model } = useQuery(modelQuery);
  const max = maxMicrons(model);
  const isWrong = settings.microns !== "" && readMicrons(settings.microns, max) === null;
  return (
    <>
      <input
        ref={micronsField}
        type="text"
        inputMode="decimal"
        autoComplete="off"
        aria-label={t("microns")}
        aria-invalid={isWrong}
        aria-describedby="microns-hint"
        value={settings.microns}
        onChange={(event) => onChange({ microns: event.target.value })}
        className={INPUT}
      />
      <p id="microns-hint" className={isWrong ? "text-malignant text-xs" : "text-muted text-xs"}>
        {t("microns_hint", { max: Number.isFinite(max) ? max : 32 })}
      </p>
    </>
  );
}
