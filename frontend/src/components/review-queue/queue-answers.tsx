"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { Keycap } from "@/components/review-queue/keycap";
import type { useAnswers } from "@/components/review-queue/use-answers";
import { Button } from "@/components/ui/button";
import type { Shortcut } from "@/lib/history/shortcuts";
import { meaningOf } from "@/lib/opinions";

interface QueueAnswersProps {
  answers: ReturnType<typeof useAnswers>;
  classNames: readonly string[];
  isSaving: boolean;
  /** Whether the buttons say their keys. */
  hasKeys: boolean;
  onSkip: () => void;
}

/** A button for each answer. */
export function QueueAnswers(props: QueueAnswersProps) {
  const { answers, classNames, isSaving, hasKeys, onSkip } = props;
  const t = useTranslations("history.review");
  const { labels, isAsking, answer } = answers;
  const words = useTranslations("result.review");
  const disagreement = (label: string | null) =>
    words("choice.disagree", { meaning: meaningOf(label, classNames) ?? "none" });
  const shared = { isSaving, hasKeys };
  const button = (key: string, shortcut: Shortcut, text: ReactNode) => (
    <Answer {...shared} keyName={key} onPress={() => answer(shortcut)}>
      {text}
    </Answer>
  );
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-2 font-medium text-sm">{t("opinions")}</legend>
      {button("A", "agree", t("agree"))}
      {labels.length === 1
        ? button("D", "disagree", disagreement(labels[0] ?? null))
        : labels.map((label, place) => (
            <div key={label}>
              {button(
                place === 0 ? "1" : "2",
                place === 0 ? "first" : "second",
                disagreement(label),
              )}
            </div>
          ))}
      <p role="status" className="font-medium text-sm empty:hidden">
        {isAsking && t("which")}
      </p>
      {button("U", "unsure", t("unsure"))}
      <Answer {...shared} keyName="S" onPress={onSkip}>
        {t("skip")}
      </Answer>
    </fieldset>
  );
}

interface AnswerProps {
  keyName: string;
  isSaving: boolean;
  hasKeys: boolean;
  onPress: () => void;
  children: ReactNode;
}

function Answer({ keyName, isSaving, hasKeys, onPress, children }: AnswerProps) {
  return (
    <Button
      variant="outline"
      aria-disabled={isSaving}
      {...(hasKeys && { "aria-keyshortcuts": keyName })}
      onClick={onPress}
      className="w-full"
    >
      <span className="mr-auto whitespace-normal text-left">{children}</span>
      {hasKeys && <Keycap name={keyName} />}
    </Button>
  );
}
