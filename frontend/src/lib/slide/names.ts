/** Names of files that may be slides. */

/** Formats that only the service's command reads. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/\.ndpi$/i, "Hamamatsu NDPI"],
  [/\.(?:vms|vmu)$/i, "Hamamatsu VMS"],
  [/\.mrxs$/i, "3DHISTECH MRXS"],
  [/\.dcm$/i, "DICOM"],
  [/\.scn$/i, "Leica SCN"],
  [/\.bif$/i, "Ventana BIF"],
  [/\.svslide$/i, "Sakura"],
];
const TIFF_NAME = /\.(?:svs|tiff?|btf)$/i;

/** Whether a file name is that of a slide, or of TIFF, which many scanners write. */
export function mayBeSlide(name: string): boolean {
  return TIFF_NAME.test(name) || foreignName(name) !== null;
}

/** The slide format of a file name, if it is not read here; null for others. */
export function foreignName(name: string): string | null {
  return NAMES.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}
