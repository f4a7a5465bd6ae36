import { useFormatter, useTranslations } from "next-intl";
import { useId } from "react";
import { Segmented } from "@/components/shared/segmented";
import type { Choice } from "@/components/viewer/use-scene";

interface ControlsProps {
  isRegion: boolean;
  choice: Choice;
  onChange: (choice: Choice) => void;
}

const VIEWS = ["overlay", "side", "image"] as const;
const LAYERS = { region: ["tiles", "evidence", "grid"], patch: ["evidence", "grid"] } as const;

/** The choice of the overlay and its opacity. */
export function Controls({ isRegion, choice, onChange }: ControlsProps) {
  const t = useTranslations("result.viewer");
  const isOver = choice.view !== "image";
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2 print:hidden">
      <Segmented
        label={t("mode.label")}
        options={VIEWS.map((value) => ({ value, text: t(`mode.${value}`) }))}
        value={choice.view}
        onChange={(view) => onChange({ ...choice, view })}
      />
      {isOver && (
        <Segmented
          label={t("measure.label")}
          options={LAYERS[isRegion ? "region" : "patch"].map((value) => ({
            value,
            text: t(`measure.${value}`),
          }))}
          value={choice.layer}
          onChange={(layer) => onChange({ ...choice, layer })}
        />
      )}
      {isOver && <OpacityField choice={choice} onChange={onChange} />}
      {isRegion && isOver && (
        <label className="flex min-h-6 items-center gap-2 text-sm">
          <input
            type="checkbox"
            className="size-4 accent-accent"
            checked={choice.hasOutline}
            onChange={(event) => onChange({ ...choice, hasOutline: event.target.checked })}
          />
          {t("outline")}
        </label>
      )}
    </div>
  );
}

function OpacityField({ choice, onChange }: Omit<ControlsProps, "isRegion">) {
  const t = useTranslations("result.viewer");
  const format = useFormatter();
  const id = useId();
  const text = format.number(choice.opacity, { style: "percent" });
  return (
    <div className="flex min-w-0 max-w-52 flex-auto items-center gap-2 text-sm">
      <label htmlFor={id}>{t("opacity")}</label>
      <input
        id={id}
        type="range"
        min={0}
        max={100}
        step={5}
        value={Math.round(100 * choice.opacity)}
        aria-valuetext={text}
        onChange={(event) => onChange({ ...choice, opacity: event.target.valueAsNumber / 100 })}
        className="h-6 w-10 min-w-0 flex-auto accent-accent"
      />
      <output htmlFor={id} className="w-11 shrink-0 text-right text-muted">
        {text}
      </output>
    </div>
  );
}
