import type { ImageHeader } from "@/lib/upload/image-header";
import { readTiff, type TiffFacts } from "@/lib/upload/tiff";

/** The scale that a file states, in µm per pixel. */
export interface StatedScale {
  /** Null if the file states none, or contradicts itself. */
  microns: number | null;
  /** The scales of a file that contradicts itself; else empty. */
  contradicting: readonly number[];
}

export const NO_SCALE: StatedScale = { microns: null, contradicting: [] };

/** µm per pixel across and down. */
export type Scale = readonly [number, number];

/** Range of microscopes and slide scanners; other resolutions are print sizes. */
const PLAUSIBLE_MICRONS = { least: 0.05, most: 20 } as const;
/** Vendors round; scales that differ by more contradict each other. */
const TOLERANCE = 1.1;

const MICRONS_PER_INCH = 25_400;
const MICRONS_PER_CENTIMETRE = 10_000;
/** Units in which a plausible scale is written, from those that the service knows. */
const MICRONS: ReadonlyMap<string, number> = new Map([
  ...["micron", "microns", "um", "µm", "μm", "\\u00b5m"].map((name) => [name, 1] as const),
  ...["micrometer", "micrometers", "micrometre", "micrometres"].map((name) => [name, 1] as const),
  ...["in", "inch", "inches", '"'].map((name) => [name, MICRONS_PER_INCH] as const),
  ...([
    ["km", 1e9],
    ["m", 1e6],
    ["dm", 1e5],
    ["cm", MICRONS_PER_CENTIMETRE],
    ["mm", 1e3],
    ["nm", 1e-3],
    ["pm", 1e-6],
    ["Å", 1e-4],
    ["thou", MICRONS_PER_INCH / 1000],
    ["li", MICRONS_PER_INCH / 12],
    ["pt", MICRONS_PER_INCH / 72],
  ] as const),
]);

/** All scales that a TIFF states. */
export function tiffScales(facts: TiffFacts): readonly Scale[] {
  const { description, resolution } = facts;
  const unit = imageJUnit(description) ?? unitOfTag(facts.resolutionUnit);
  const ofResolution = scaleOfResolution(resolution, unit);
  return [...aperioScales(description), ...omeScales(description), ...ofResolution];
}

/** The scales of a PNG's `pHYs` or a JPEG's JFIF density and EXIF data. */
export async function headScales(
  head: Uint8Array,
  format: ImageHeader["format"],
): Promise<readonly Scale[]> {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  try {
    if (format === "PNG") {
      return pngScales(view);
    }
    return format === "JPEG" ? [...jfifScales(view), ...(await exifScales(head))] : [];
  } catch {
    // The file ends before the value.
    return [];
  }
}

/**
 * Combines scales as the service does: only plausible ones count, they must agree on each axis, and
 * a scale whose axes differ counts as their geometric mean.
 */
export function agreedScale(scales: readonly Scale[]): StatedScale {
  const plausible = scales.filter(isPlausible);
  const [first] = plausible;
  if (!first) {
    return NO_SCALE;
  }
  if (!agree(plausible)) {
    const all = new Set(plausible.flat());
    return { microns: null, contradicting: [...all].toSorted((one, other) => one - other) };
  }
  const [across, down] = first;
  return { microns: across === down ? across : Math.sqrt(across * down), contradicting: [] };
}

/** Whether a scale is one of a microscope or a slide scanner. */
export function isPlausible(scale: Scale): boolean {
  const { least, most } = PLAUSIBLE_MICRONS;
  return scale.every((microns) => least <= microns && microns <= most);
}

/** Whether scales differ by at most a tenth on each axis. */
export function agree(scales: readonly Scale[]): boolean {
  return ([0, 1] as const).every((axis) => {
    const values = scales.map((scale) => scale[axis]);
    return Math.max(...values) <= TOLERANCE * Math.min(...values);
  });
}

/** Reads a TIFF's size and scale; null if its directory cannot be read. */
export async function readTiffScale(file: Blob) {
  try {
    const facts = await readTiff(file);
    return { size: facts.size, stated: agreedScale(tiffScales(facts)) };
  } catch {
    return null;
  }
}

/** The scale of a resolution in pixels per unit, with the unit in µm; none if either is missing. */
export function scaleOfResolution(
  resolution: TiffFacts["resolution"],
  perUnit: number | null,
): readonly Scale[] {
  return resolution && perUnit ? [[perUnit / resolution[0], perUnit / resolution[1]]] : [];
}

/** Micrometres in the unit of ImageJ's resolution; null if none is named. */
export function imageJUnit(description: string): number | null {
  const unit = description.startsWith("ImageJ=") && /^unit=(.*?)\r?$/m.exec(description)?.[1];
  return unit ? micronsIn(unit) : null;
}

/** Micrometres in the unit of a TIFF's tag: 2 for inches, 3 for centimetres; null for none. */
export function unitOfTag(unit: number): number | null {
  return { 2: MICRONS_PER_INCH, 3: MICRONS_PER_CENTIMETRE }[unit] ?? null;
}

/** The scale of Aperio's `MPP`. */
export function aperioScales(description: string): readonly Scale[] {
  const stated = Number(/\bMPP\s*=\s*([\d.eE+-]+)/.exec(description)?.[1]);
  return stated > 0 ? [[stated, stated]] : [];
}

/** The scale of the first image that OME-XML describes. */
function omeScales(description: string): readonly Scale[] {
  const side = (axis: "X" | "Y"): number => {
    const attribute = (name: string) =>
      new RegExp(`\\bPhysicalSize${axis}${name}\\s*=\\s*["']([^"']+)["']`).exec(description)?.[1];
    const unit = micronsIn(unescaped(attribute("Unit") ?? "µm"));
    return Number(attribute("")) * (unit ?? Number.NaN);
  };
  const scale = [side("X"), side("Y")] as const;
  return scale.every((microns) => microns > 0) ? [scale] : [];
}

/** Text of XML with character references resolved. */
export function unescaped(text: string): string {
  return text.replace(/&#(?:x([\da-f]{1,5})|(\d{1,6}));/gi, (_, hex, decimal) =>
    String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal)),
  );
}

/** Micrometres in a unit of length by its name; null for an unknown one. */
export function micronsIn(unit: string): number | null {
  const name = unit.trim();
  return MICRONS.get(name) ?? MICRONS.get(name.toLowerCase()) ?? null;
}

const PHYS = 0x70485973;
const IDAT = 0x49444154;

function pngScales(view: DataView): readonly Scale[] {
  let offset = 8;
  while (view.getUint32(offset + 4) !== IDAT) {
    if (view.getUint32(offset + 4) === PHYS) {
      const isMetre = view.getUint8(offset + 16) === 1;
      const scale = [1e6 / view.getUint32(offset + 8), 1e6 / view.getUint32(offset + 12)] as const;
      return isMetre ? [scale] : [];
    }
    offset += 12 + view.getUint32(offset);
  }
  return [];
}

const JFIF = 0x4a464946;
const EXIF = 0x45786966;
const EXIF_SEGMENT = 0xffe1;

function jfifScales(view: DataView): readonly Scale[] {
  const isJfif = view.byteLength > 18 && view.getUint32(6) === JFIF;
  const perUnit = isJfif ? unitOfTag(view.getUint8(13) + 1) : null;
  return perUnit ? [[perUnit / view.getUint16(14), perUnit / view.getUint16(16)]] : [];
}

/** EXIF data is a TIFF's directory within a segment of the JPEG. */
async function exifScales(head: Uint8Array): Promise<readonly Scale[]> {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  let offset = 2;
  while (offset + 10 <= view.byteLength && view.getUint8(offset) === 0xff) {
    const length = view.getUint16(offset + 2);
    if (view.getUint16(offset) === EXIF_SEGMENT && view.getUint32(offset + 4) === EXIF) {
      const facts = await readTiff(new Blob([head.slice(offset + 10, offset + 2 + length)]));
      return scaleOfResolution(facts.resolution, unitOfTag(facts.resolutionUnit));
    }
    offset += 2 + length;
  }
  return [];
}
