import type { FileFacts } from "@/lib/upload/check";
import type { PixelSize } from "@/lib/upload/image-header";

/** An image of at most this side is assumed to be a patch of the data set, as in the service. */
const LARGEST_PATCH_PIXELS = 64;
/** Limits of a usual field of view on a slide, in millimetres. */
const FIELD_MM = { least: 0.15, most: 60 } as const;

/**
 * Why the scale is asked for before an image is sent: the file states none, states contradictory
 * ones, or states one that gives an unlikely field of view.
 */
export type ScaleQuestion = "unknown" | "contradiction" | "field";

/** A field of view, in millimetres. */
export interface Field {
  width: number;
  height: number;
}

/** An unlikely field, and whether it is too large or too small. */
export interface OddField {
  size: "large" | "small";
  field: Field;
}

/**
 * The question about an image's scale; null if it may be sent.
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

/** The fields of images at a scale in µm per pixel, for images of known size. */
export function fieldsAt(sizes: readonly (PixelSize | null)[], microns: number): readonly Field[] {
  return sizes.flatMap((size) =>
    size ? [{ width: (size.width * microns) / 1000, height: (size.height * microns) / 1000 }] : [],
  );
}

/** The smallest and the largest of several fields, by area; null without fields. */
export function rangeOf(fields: readonly Field[]): { least: Field; most: Field } | null {
  const ordered = fields.toSorted((one, other) => areaOf(one) - areaOf(other));
  const [least, most] = [ordered[0], ordered.at(-1)];
  return least && most ? { least, most } : null;
}

/** The most unlikely field of images at a scale; null if all are usual. */
export function oddFieldOf(sizes: readonly (PixelSize | null)[], microns: number): OddField | null {
  return oddestOf(fieldsAt(sizes, microns));
}

/**
 * The largest field that is too large for a slide, else the smallest one that is too small; null if
 * there is none.
 */
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
