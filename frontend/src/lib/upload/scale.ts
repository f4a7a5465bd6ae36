import type { FileFacts } from "@/lib/upload/check";
import type { PixelSize } from "@/lib/upload/image-header";

/** An image of this side at most is taken for a patch of the data set, as in the service. */
const LARGEST_PATCH_PIXELS = 64;
/** Fields beyond these, in millimetres, are no usual view of tissue on a slide. */
const FIELD_MM = { least: 0.15, most: 60 } as const;

/**
 * Why a scale is asked for before an image is sent: the file states none, or several that
 * contradict each other, or one at which its field is hardly that of a slide.
 */
export type ScaleQuestion = "unknown" | "contradiction" | "field";

/** A field of view, in millimetres. */
export interface Field {
  width: number;
  height: number;
}

/**
 * What is to be asked about the scale of an image; null where it may be sent.
 *
 * @param stated µm per pixel that the visitor stated; null: the file's own counts.
 */
export function questionOf(facts: FileFacts, stated: number | null): ScaleQuestion | null {
  const { size } = facts;
  if (size && Math.max(size.width, size.height) <= LARGEST_PATCH_PIXELS) {
    return null;
  }
  if (stated === null && facts.stated.contradicting.length > 0) {
    return "contradiction";
  }
  const microns = stated ?? facts.stated.microns;
  if (microns === null) {
    return "unknown";
  }
  return size && isOdd(fieldOf(size, microns)) ? "field" : null;
}

/** The field of an image at so many µm per pixel. */
export function fieldOf({ width, height }: PixelSize, microns: number): Field {
  return { width: (width * microns) / 1000, height: (height * microns) / 1000 };
}

/** Whether a field is so large or so small that the scale is likely wrong. */
export function isOdd({ width, height }: Field): boolean {
  return Math.max(width, height) > FIELD_MM.most || Math.min(width, height) < FIELD_MM.least;
}

/** The smallest and the largest field of several images at one scale; null where no size is known. */
export function fieldsOf(
  sizes: readonly (PixelSize | null)[],
  microns: number,
): { least: Field; most: Field } | null {
  const fields = sizes.flatMap((size) => (size ? [fieldOf(size, microns)] : []));
  const ordered = fields.toSorted((one, other) => one.width - other.width);
  const [least, most] = [ordered[0], ordered.at(-1)];
  return least && most ? { least, most } : null;
}
