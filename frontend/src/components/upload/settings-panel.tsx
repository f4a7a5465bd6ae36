"use client";

import { useTranslations } from "next-intl";
import type { RefObject } from "react";
import { OperatingPointField } from "@/components/upload/operating-point-field";
import { ScaleField } from "@/components/upload/scale-field";
import type { SettingsProps } from "@/components/upload/settings-props";

interface SettingsPanelProps extends SettingsProps {
  micronsField: RefObject<HTMLInputElement | null>;
}

/** Settings for the next files. */
export function SettingsPanel({ settings, onChange, micronsField }: SettingsPanelProps) {
  const t = useTranslations("upload.settings");
  return (
    <section
      aria-labelledby="settings"
      className="divide-y self-start rounded-lg border bg-surface text-sm *:p-4"
    >
      <div>
        <h2 id="settings" className="font-semibold text-base">
          {t("title")}
        </h2>
        <p className="text-muted">{t("text")}</p>
      </div>
      <OperatingPointField settings={settings} onChange={onChange} />
      <ScaleField settings={settings} onChange={onChange} micronsField={micronsField} />
      <SaveNothingField settings={settings} onChange={onChange} />
    </section>
  );
}

function SaveNothingField({ settings, onChange }: SettingsProps) {
  const t = useTranslations("upload.settings.save_nothing");
  return (
    <div>
      <label className="flex items-center justify-between gap-3 font-medium">
        {t("title")}
        <input
          type="checkbox"
          role="switch"
          checked={settings.saveNothing}
          aria-checked={settings.saveNothing}
          aria-describedby="keep-nothing-text"
          onChange={(event) => onChange({ saveNothing: event.target.checked })}
          className="relative h-6 w-11 shrink-0 appearance-none rounded-full border border-edge bg-raised transition-colors before:absolute before:top-0.5 before:left-0.5 before:size-4.5 before:rounded-full before:bg-edge before:transition-transform checked:border-accent checked:bg-accent checked:before:translate-x-5 checked:before:bg-on-accent"
        />
      </label>
      <p id="keep-nothing-text" className="mt-1 text-muted">
        {t(settings.saveNothing ? "on" : "off")}
      </p>
    </div>
  );
}
