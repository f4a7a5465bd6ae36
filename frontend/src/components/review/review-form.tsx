"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useId, useState } from "react";
import { useReview } from "@/components/review/use-review";
import { Problem } from "@/components/shared/problem";
import type { Verdict } from "@/components/shared/verdict-badge";
import { Button } from "@/components/ui/button";
import { modelQuery } from "@/lib/api/queries";
import type { Review } from "@/lib/api/schema";
import {
  MAX_NOTE_LENGTH,
  meaningOf,
  type ReviewChoice,
  reviewChoices,
  reviewRequest,
} from "@/lib/history/reviews";

interface ReviewFormProps {
  /** A saved result. */
  id: string;
  verdict: Verdict;
  /** Called with the saved review. */
  onReviewed?: (review: Review) => void;
}

/** A review by one button, with an optional note. */
export function ReviewForm({ id, verdict, onReviewed }: ReviewFormProps) {
  const t = useTranslations("result.review");
  const { data: model } = useQuery(modelQuery);
  const [note, setNote] = useState("");
  const review = useReview(id);

  function give(choice: ReviewChoice) {
    if (!review.isPending) {
      review.mutate(reviewRequest(choice, note), {
        onSuccess: (saved) => {
          setNote("");
          onReviewed?.(saved);
        },
      });
    }
  }

  return (
    <div className="grid gap-3">
      <NoteField note={note} onChange={setNote} />
      {model && (
        <Choices
          choices={reviewChoices(verdict, model.classNames)}
          classNames={model.classNames}
          isPending={review.isPending}
          onChoose={give}
        />
      )}
      <p role="status" className="text-muted text-sm empty:hidden">
        {review.isPending ? t("saving") : review.isSuccess && t("saved")}
      </p>
      {review.isError && <Problem error={review.error} />}
    </div>
  );
}

interface NoteFieldProps {
  note: string;
  onChange: (note: string) => void;
}

function NoteField({ note, onChange }: NoteFieldProps) {
  const t = useTranslations("result.review");
  const id = useId();
  return (
    <div className="grid gap-1">
      <label htmlFor={id} className="text-sm">
        {t("note")}
      </label>
      <textarea
        id={id}
        rows={1}
        value={note}
        maxLength={MAX_NOTE_LENGTH}
        aria-describedby={`${id}-hint`}
        onChange={(event) => onChange(event.target.value)}
        className="field-sizing-content w-full resize-y rounded-md border border-edge bg-surface px-3 py-2 text-sm"
      />
      <p id={`${id}-hint`} className="text-muted text-xs">
        {t("note_hint")}
      </p>
    </div>
  );
}

interface ChoicesProps {
  choices: readonly ReviewChoice[];
  classNames: readonly string[];
  isPending: boolean;
  onChoose: (choice: ReviewChoice) => void;
}

function Choices({ choices, classNames, isPending, onChoose }: ChoicesProps) {
  const t = useTranslations("result.review");
  return (
    <fieldset className="flex flex-wrap gap-2">
      <legend className="sr-only">{t("legend")}</legend>
      {choices.map((choice) => (
        <Button
          key={`${choice.opinion} ${choice.label}`}
          variant="outline"
          className="flex-auto"
          aria-disabled={isPending}
          onClick={() => onChoose(choice)}
        >
          {t(`choice.${choice.opinion}`, {
            meaning: meaningOf(choice.label, classNames) ?? "none",
          })}
        </Button>
      ))}
    </fieldset>
  );
}
