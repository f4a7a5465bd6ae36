"use client";

import { useFormatter, useTranslations } from "next-intl";
import { useId } from "react";
import type { ScaleForm } from "@/components/upload/use-scale-form";
import { useScaleText } from "@/components/upload/use-scale-text";
import { cn } from "@/lib/class-names";
import type { ScaleChoice } from "@/lib/upload/scale-choice";

/** The possible scales, each with the resulting field of view. */
export function ScaleOptions({ form }: { form: ScaleForm }) {
  const t = useTranslations("upload.scale_question");
  return (
    <fieldset className="grid gap-1">
      <legend className="sr-only">{t("legend")}</legend>
      <p className="text-muted text-xs">{t("nominal")}</p>
      <p className="mt-1 px-3 text-right text-muted text-xs">{t("column")}</p>
      <ul className="divide-y rounded-md border">
        {form.choices.map((choice) => (
          <ScaleOption key={choice} choice={choice} form={form} />
        ))}
      </ul>
    </fieldset>
  );
}

interface ScaleOptionProps {
  choice: ScaleChoice;
  form: ScaleForm;
}

function ScaleOption({ choice, form }: ScaleOptionProps) {
  const text = useScaleText();
  const name = useId();
  const isChosen = form.choice === choice;
  const microns = form.scaleOf(choice);
  return (
    <li className={cn(isChosen && "bg-accent-soft")}>
      <label className="flex min-h-10 items-center gap-x-3 px-3 py-1.5">
        <input
          type="radio"
          name="image-scale"
          checked={isChosen}
          aria-describedby={microns === null ? undefined : name}
          onChange={() => form.choose(choice)}
          className="size-4 shrink-0 accent-accent"
        />
        <span className="flex min-w-0 flex-1 flex-wrap gap-x-3">
          <Title choice={choice} microns={microns} />
          <span id={name} className="ml-auto text-right text-muted">
            {microns !== null && text.fields(form.sizes, microns)}
          </span>
        </span>
      </label>
      {isChosen && choice === "microns" && <MicronsField form={form} />}
    </li>
  );
}

function Title({ choice, microns }: { choice: ScaleChoice; microns: number | null }) {
  const t = useTranslations("upload.scale_question");
  const format = useFormatter();
  const text = useScaleText();
  const scale = microns === null ? "" : text.microns(microns);
  const title =
    typeof choice === "number" ? t("objective", { objective: format.number(choice) }) : t(choice);
  return (
    <span>
      <span className="font-medium">{title}</span>
      {microns !== null && (
        <span className="text-muted">{` · ${t("per_pixel", { microns: scale })}`}</span>
      )}
    </span>
  );
}

function MicronsField({ form }: { form: ScaleForm }) {
  const t = useTranslations("upload.scale_question");
  const settings = useTranslations("upload.settings.scale");
  const id = useId();
  return (
    <div className="grid gap-1 px-3 pb-2 pl-10">
      <input
        type="text"
        inputMode="decimal"
        autoComplete="off"
        // biome-ignore lint/a11y/noAutofocus: it comes when its own option is chosen
        autoFocus
        aria-label={settings("microns")}
        aria-describedby={id}
        aria-invalid={form.problem === "missing_microns"}
        value={form.typed}
        onChange={({ target }) => form.type(target.value)}
        className="h-9 w-32 rounded-md border border-edge bg-surface px-2"
      />
      <p id={id} className="text-muted text-xs">
        {t("missing_microns", { max: form.max })}
      </p>
    </div>
  );
}
