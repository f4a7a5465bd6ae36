import type { PredictionResult, Review, ReviewRequest } from "@/lib/api/schema";

type Verdict = PredictionResult["verdict"];

/** The API's limit for a note, in characters. */
export const MAX_NOTE_LENGTH = 2000;

/** A possible review; `label` is the correct class, for disagreement only. */
export type ReviewChoice = Readonly<{
  opinion: ReviewRequest["opinion"];
  label: string | null;
}>;

/**
 * The reviews that a verdict allows, in the order they are offered.
 *
 * @param classNames The model's classes, the negative one first.
 */
export function reviewChoices(
  verdict: Verdict,
  classNames: readonly string[],
): readonly ReviewChoice[] {
  const own = labelOfVerdict(verdict, classNames);
  const others = classNames.filter((name) => name !== own);
  return [
    { opinion: "agree", label: null },
    ...others.map((label): ReviewChoice => ({ opinion: "disagree", label })),
    { opinion: "unsure", label: null },
  ];
}

/** The request body of a review; a blank note is left out. */
export function reviewRequest(choice: ReviewChoice, note: string): ReviewRequest {
  const text = note.trim();
  return { ...choice, note: text === "" ? null : text };
}

/** Reviews in reading order: the latest one, which counts, first. */
export function newestFirst(reviews: readonly Review[]): readonly Review[] {
  return reviews.toSorted((one, other) => other.created_at.localeCompare(one.created_at));
}

/** Whether a class means IDC or everything else; null for an unknown class. */
export function meaningOf(
  label: string | null,
  classNames: readonly string[],
): "carcinoma" | "no_carcinoma" | null {
  const [other, carcinoma] = classNames;
  if (label === null || (label !== other && label !== carcinoma)) {
    return null;
  }
  return label === carcinoma ? "carcinoma" : "no_carcinoma";
}

function labelOfVerdict(verdict: Verdict, classNames: readonly string[]): string | undefined {
  const labels: Partial<Record<Verdict, string | undefined>> = {
    benign: classNames[0],
    malignant: classNames[1],
  };
  return labels[verdict];
}
