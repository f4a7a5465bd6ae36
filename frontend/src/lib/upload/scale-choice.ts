import { fieldsAt, type OddField, oddestOf } from "@/lib/upload/scale";
import { micronsOfObjective, OBJECTIVES, type Objective } from "@/lib/upload/settings";
import type { AskingUpload } from "@/lib/upload/uploads";

/** A scale to choose: the earlier one, an objective's, or a typed one. */
export type ScaleChoice = "own" | Objective | "microns";

/** The choices; the earlier scale only if it needs confirmation. */
export function scaleChoices(hasOwn: boolean): readonly ScaleChoice[] {
  return [...(hasOwn ? (["own"] as const) : []), ...OBJECTIVES, "microns"];
}

/**
 * µm per pixel of a choice; null if none is stated yet.
 *
 * @param own As stated before.
 * @param typed As read from what was typed.
 */
export function micronsOf(
  choice: ScaleChoice | null,
  { own, typed }: { own: number | null; typed: number | null },
): number | null {
  if (typeof choice === "number") {
    return micronsOfObjective(choice);
  }
  return choice ? { own, microns: typed }[choice] : null;
}

/** The scale of images from their files or the settings; null unless all have the same. */
export function ownScale(uploads: readonly AskingUpload[]): number | null {
  const scales = uploads.map(
    ({ options, progress }) => options.micronsPerPixel ?? progress.facts.stated.microns,
  );
  const [first = null] = scales;
  return scales.every((scale) => scale === first) ? first : null;
}

/** The most unlikely field of images, each at the scale of its file or of the settings. */
export function ownOddField(uploads: readonly AskingUpload[]): OddField | null {
  const fields = uploads.flatMap((upload) => {
    const microns = ownScale([upload]);
    return microns === null ? [] : fieldsAt([upload.progress.facts.size], microns);
  });
  return oddestOf(fields);
}
