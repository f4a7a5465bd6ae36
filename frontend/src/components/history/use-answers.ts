"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { modelQuery } from "@/lib/api/queries";
import type { HistoryItem } from "@/lib/api/schema";
import type { Shortcut } from "@/lib/history-shortcuts";
import { type OpinionChoice, opinionChoices } from "@/lib/opinions";

/** What can be answered to a record, by button or by key. */
export function useAnswers(item: HistoryItem, onJudge: (choice: OpinionChoice) => void) {
  const { data: model } = useQuery(modelQuery);
  const [askedFor, setAskedFor] = useState<string | null>(null);
  const choices = model ? opinionChoices(item.verdict, model.classNames) : [];
  const disagreements = choices.filter(({ opinion }) => opinion === "disagree");
  const [first, second] = disagreements;

  function choiceOf(shortcut: Shortcut): OpinionChoice | undefined {
    switch (shortcut) {
      case "agree":
      case "unsure":
        return choices.find(({ opinion }) => opinion === shortcut);
      case "disagree":
        return second ? undefined : first;
      case "first":
      case "second":
        return second && (shortcut === "first" ? first : second);
      default:
        return undefined;
    }
  }

  function answer(shortcut: Shortcut) {
    const choice = choiceOf(shortcut);
    if (choice) {
      onJudge(choice);
    } else if (shortcut === "disagree" && second) {
      setAskedFor(item.id);
    }
  }

  return {
    /** The classes that may be right instead: two where the verdict is of neither. */
    labels: disagreements.map(({ label }) => label),
    classNames: model?.classNames ?? [],
    /** Whether it was said that the verdict is wrong, but not yet what is right. */
    isAsking: askedFor === item.id,
    answer,
  };
}
