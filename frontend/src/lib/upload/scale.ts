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

/** A field that is likely wrong, and on which side. */
export interface OddField {
  size: "large" | "small";
  field: Field;
}

/**
 * What is to be asked about the scale of an image; null where it may be sent.
 *
 * @param stated µm per pixel that the visitor stated; null: the file's own counts.
 */
export function questionOf(facts: FileFacts, stated: number | null): ScaleQuestion | null {
  const { size } = facts;
  const microns = stated ?? facts.stated.microns;
  if (microns !== null) {
    return oddFieldOf([size], microns) ? "field" : null;
  }
  if (size && Math.max(size.width, size.height) <= LARGEST_PATCH_PIXELS) {
    return null;
  }
  return facts.stated.contradicting.length > 0 ? "contradiction" : "unknown";
}

/** The fields of images at so many µm per pixel, of those whose size is known. */
export function fieldsAt(sizes: readonly (PixelSize | null)[], microns: number): readonly Field[] {
  return sizes.flatMap((size) =>
    size ? [{ width: (size.width * microns) / 1000, height: (size.height * microns) / 1000 }] : [],
  );
}

/** The smallest and the largest of several fields, by their area; null where there is none. */
export function rangeOf(fields: readonly Field[]): { least: Field; most: Field } | null {
  const ordered = fields.toSorted((one, other) => areaOf(one) - areaOf(other));
  const [least, most] = [ordered[0], ordered.at(-1)];
  return least && most ? { least, most } : null;
}

/** The oddest field of images at a scale; null where all look usual. */
export function oddFieldOf(sizes: readonly (PixelSize | null)[], microns: number): OddField | null {
  return oddestOf(fieldsAt(sizes, microns));
}

/** The largest field that no slide shows, else the smallest that is too small; null if none is. */
export function oddestOf(fields: readonly Field[]): OddField | null {
  const longest = fields.toSorted((one, other) => longerSide(other) - longerSide(one))[0];
  if (longest && longerSide(longest) > FIELD_MM.most) {
    return { size: "large", field: longest };
  }
  const narrowest = fields.toSorted((one, other) => shorterSide(one) - shorterSide(other))[0];
  return narrowest && shorterSide(narrowest) < FIELD_MM.least
    ? { size: "small", field: narrowest }
    : null;
}

const areaOf = ({ width, height }: Field) => width * height;
const longerSide = ({ width, height }: Field) => Math.max(width, height);
const shorterSide = ({ width, height }: Field) => Math.min(width, height);
