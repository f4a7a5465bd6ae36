import type { PredictionResult, Review, ReviewRequest } from "@/lib/api/schema";

type Verdict = PredictionResult["verdict"];

/** The API's own bound on a note, in characters. */
export const MAX_NOTE_LENGTH = 2000;

/** One review that can be given: `label` is the class held right, to disagree only. */
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

/** The body that gives a review; a note of blanks is none. */
export function reviewRequest(choice: ReviewChoice, note: string): ReviewRequest {
  const text = note.trim();
  return { ...choice, note: text === "" ? null : text };
}

/** Reviews as they are read: the latest, which counts, first. */
export function newestFirst(reviews: readonly Review[]): readonly Review[] {
  return reviews.toSorted((one, other) => other.created_at.localeCompare(one.created_at));
}

/** Whether a class means IDC or everything else, for text about it; null for a class of neither. */
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
