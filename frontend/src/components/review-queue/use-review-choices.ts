"use client";

import { useState } from "react";
import type { HistoryItem } from "@/lib/api/schema";
import { type ReviewChoice, reviewChoices } from "@/lib/history/reviews";
import type { Shortcut } from "@/lib/history/shortcuts";

interface ReviewChoicesOptions {
  item: HistoryItem;
  /** The model's classes, the negative one first. */
  classNames: readonly string[];
  onJudge: (choice: ReviewChoice) => void;
}

/** The possible reviews of a record, by button or key. */
export function useReviewChoices({ item, classNames, onJudge }: ReviewChoicesOptions) {
  const [askedFor, setAskedFor] = useState<string | null>(null);
  const choices = reviewChoices(item.verdict, classNames);
  const disagreements = choices.filter(({ opinion }) => opinion === "disagree");
  const [first, second] = disagreements;

  function choiceOf(shortcut: Shortcut): ReviewChoice | undefined {
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

  function choose(shortcut: Shortcut) {
    const choice = choiceOf(shortcut);
    if (choice) {
      onJudge(choice);
    } else if (shortcut === "disagree" && second) {
      setAskedFor(item.id);
    }
  }

  return {
    /** The possible correct classes: two if the verdict names neither. */
    labels: disagreements.map(({ label }) => label),
    /** Whether the reviewer disagreed but has not chosen a class yet. */
    isAsking: askedFor === item.id,
    choose,
  };
}
