"use client";

import { Ruler, TriangleAlert } from "lucide-react";
import { useFormatter, useTranslations } from "next-intl";
import { useEffect, useId, useRef } from "react";
import { Button } from "@/components/ui/button";
import { Preview } from "@/components/upload/preview";
import { ScaleOptions } from "@/components/upload/scale-options";
import { type ScaleForm, useScaleForm } from "@/components/upload/use-scale-form";
import { useScaleText } from "@/components/upload/use-scale-text";
import { ownOddField, ownScale } from "@/lib/upload/scale-choice";
import type { AskingUpload } from "@/lib/upload/uploads";

const MOST_NAMES = 4;

interface ScaleQuestionProps {
  /** One image or more with the same reason for the question. */
  uploads: readonly [AskingUpload, ...AskingUpload[]];
  onState: (microns: number | null) => void;
}

/** Asks how large a pixel is, before anything is sent; one answer serves all the images. */
export function ScaleQuestion({ uploads, onState }: ScaleQuestionProps) {
  const t = useTranslations("upload.scale_question");
  const id = useId();
  const form = useScaleForm(uploads, onState);
  const heading = useRef<HTMLHeadingElement>(null);
  // Focus it, so that it is read aloud and the next key press is in the form.
  useEffect(() => heading.current?.focus(), []);
  return (
    <form
      noValidate
      aria-labelledby={id}
      onSubmit={form.submit}
      className="grid content-start gap-4 text-sm"
    >
      <div className="grid gap-1">
        <h2 id={id} ref={heading} tabIndex={-1} className="flex gap-2 font-semibold text-base">
          <Ruler aria-hidden="true" className="mt-0.5 size-5 shrink-0" />
          {t("title", { count: uploads.length })}
        </h2>
        <Why uploads={uploads} />
        {uploads.length > 1 && <Names uploads={uploads} />}
      </div>
      <ScaleOptions form={form} />
      <Confirmation form={form} />
      <p role="alert" className="font-medium text-malignant empty:hidden">
        {form.problem && t(form.problem, { max: form.max })}
      </p>
      <Button type="submit" className="justify-self-start">
        {t("send", { count: uploads.length })}
      </Button>
    </form>
  );
}

function Why({ uploads }: Pick<ScaleQuestionProps, "uploads">) {
  const t = useTranslations("upload.scale_question");
  const format = useFormatter();
  const text = useScaleText();
  const [{ progress }] = uploads;
  const count = uploads.length;
  if (progress.question !== "field") {
    const scales = format.list(progress.facts.stated.contradicting.map(text.microns));
    return <p className="max-w-prose text-muted">{t(progress.question, { count, scales })}</p>;
  }
  const sizes = uploads.map((upload) => upload.progress.facts.size);
  const own = ownScale(uploads);
  return (
    <p className="max-w-prose text-muted">
      {t("field", {
        count,
        field: own === null ? "" : text.fields(sizes, own),
        size: ownOddField(uploads)?.size ?? "small",
      })}
    </p>
  );
}

function Names({ uploads }: Pick<ScaleQuestionProps, "uploads">) {
  const t = useTranslations("upload.scale_question");
  const more = uploads.length - MOST_NAMES;
  return (
    <ul aria-label={t("images")} className="flex flex-wrap gap-x-3 gap-y-1 text-xs">
      {uploads.slice(0, MOST_NAMES).map((upload) => (
        <Name key={upload.id} upload={upload} />
      ))}
      {more > 0 && <li>{t("more", { count: more })}</li>}
    </ul>
  );
}

/** A file's name, with its size to distinguish files of the same name. */
function Name({ upload: { file, progress } }: { upload: AskingUpload }) {
  const t = useTranslations("result.facts");
  const { size } = progress.facts;
  return (
    <li className="flex min-w-0 max-w-80 items-center gap-1.5">
      <span className="size-8 shrink-0 overflow-hidden rounded-sm border bg-stage">
        <Preview file={file} alt="" />
      </span>
      <span className="truncate">{file.name}</span>
      {size && <span className="shrink-0 text-muted">{t("pixels", { ...size })}</span>}
    </li>
  );
}

/** Asks about a field that is unlikely for a slide. */
function Confirmation({ form }: { form: ScaleForm }) {
  const t = useTranslations("upload.scale_question");
  const text = useScaleText();
  const { odd } = form;
  return (
    <div role="status" className="empty:hidden">
      {odd && (
        <div className="flex gap-3 rounded-md border border-malignant p-3">
          <TriangleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-malignant" />
          <div className="grid gap-2">
            <p>{t(`odd_${odd.size}`, { name: form.oddName, field: text.field(odd.field) })}</p>
            <label className="flex min-h-6 items-center gap-2 font-medium">
              <input
                type="checkbox"
                checked={form.isConfirmed}
                onChange={({ target }) => form.confirm(target.checked)}
                className="size-4 accent-accent"
              />
              {t("confirm")}
            </label>
          </div>
        </div>
      )}
    </div>
  );
}
