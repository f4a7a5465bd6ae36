"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { Keycap } from "@/components/review-queue/keycap";
import type { useReviewChoices } from "@/components/review-queue/use-review-choices";
import { Button } from "@/components/ui/button";
import { meaningOf } from "@/lib/history/reviews";
import type { Shortcut } from "@/lib/history/shortcuts";

interface QueueChoicesProps {
  choices: ReturnType<typeof useReviewChoices>;
  classNames: readonly string[];
  isSaving: boolean;
  /** Whether the buttons show their keys. */
  hasKeys: boolean;
  onSkip: () => void;
}

/** A button for each possible review. */
export function QueueChoices(props: QueueChoicesProps) {
  const { choices, classNames, isSaving, hasKeys, onSkip } = props;
  const t = useTranslations("history.review");
  const { labels, isAsking, choose } = choices;
  const texts = useTranslations("result.review");
  const disagreement = (label: string | null) =>
    texts("choice.disagree", { meaning: meaningOf(label, classNames) ?? "none" });
  const shared = { isSaving, hasKeys };
  const button = (key: string, shortcut: Shortcut, text: ReactNode) => (
    <ChoiceButton {...shared} keyName={key} onPress={() => choose(shortcut)}>
      {text}
    </ChoiceButton>
  );
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-2 font-medium text-sm">{t("legend")}</legend>
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
      <ChoiceButton {...shared} keyName="S" onPress={onSkip}>
        {t("skip")}
      </ChoiceButton>
    </fieldset>
  );
}

interface ChoiceButtonProps {
  keyName: string;
  isSaving: boolean;
  hasKeys: boolean;
  onPress: () => void;
  children: ReactNode;
}

function ChoiceButton({ keyName, isSaving, hasKeys, onPress, children }: ChoiceButtonProps) {
  return (
    <Button
      variant="outline"
      aria-disabled={isSaving}
      {...(hasKeys && { "aria-keyshortcuts": keyName })}
      onClick={onPress}
      className="w-full"
    >
      <span className="mr-auto text-left">{children}</span>
      {hasKeys && <Keycap name={keyName} />}
    </Button>
  );
}
