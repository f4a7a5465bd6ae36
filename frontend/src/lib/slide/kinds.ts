import type { Directory } from "@/lib/slide/directory";
import { SlideError } from "@/lib/slide/error";
import { foreignName } from "@/lib/slide/names";
import { TAG } from "@/lib/slide/tags";

/** Slide formats that only the service's command reads, with OpenSlide. */

const SCN = /leica-microsystems\.com\/scn/;
const VENDORS: readonly (readonly [RegExp, string])[] = [
  [/^Philips/, "Philips TIFF"],
  [/^MedScan/, "Trestle"],
];
/** DICOM's preamble says nothing; its magic follows (PS3.10, section 7.1). */
const DICOM_OFFSET = 128;
const ISCAN = /<iScan\b/;
const HEAD_BYTES = 400;
const MOST_XMP_BYTES = 1 << 20;
const TIFF_HEADS: ReadonlySet<string> = new Set(["II*\0", "MM\0*", "II+\0", "MM\0+"]);

/** A slide format that is not read here; null for TIFF and for other files. */
export async function foreignKind(file: File): Promise<string | null> {
  const head = await file.slice(0, DICOM_OFFSET + 4).text();
  return head.endsWith("DICM") ? "DICOM" : foreignName(file.name);
}

export async function isTiff(file: Blob): Promise<boolean> {
  return TIFF_HEADS.has(await file.slice(0, 4).text());
}

/**
 * Refuse what has the layout of TIFF, and rules of its own; throws a SlideError `format`.
 *
 * @param directory The file's first.
 */
export async function checkVendor(directory: Directory): Promise<void> {
  const [descriptions, software, xmp] = await Promise.all([
    directory.texts(TAG.description, HEAD_BYTES),
    directory.texts(TAG.software, HEAD_BYTES),
    directory.texts(TAG.xmp, MOST_XMP_BYTES),
  ]);
  const vendor = VENDORS.find(([pattern]) => software.some((text) => pattern.test(text)))?.[1];
  const format = directory.has(TAG.ndpi)
    ? "Hamamatsu NDPI"
    : descriptions.some((text) => SCN.test(text))
      ? "Leica SCN"
      : xmp.some((text) => ISCAN.test(text))
        ? "Ventana BIF"
        : vendor;
  if (format) {
    throw new SlideError("format", { format });
  }
}
