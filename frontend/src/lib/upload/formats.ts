import type { Limits } from "@/lib/api/schema";
import readable from "@/lib/upload/readable-formats.json";

/** The service's formats, used until its own list is loaded. */
export const READABLE_FORMATS: Limits["formats"] = readable.formats;

/** A format as a file picker needs it. */
interface FileKind {
  types: readonly string[];
  suffixes: readonly string[];
}

/** The formats that the service may list in `limits.formats`, by its names. */
const KINDS: Readonly<Record<string, FileKind>> = {
  PNG: { types: ["image/png"], suffixes: [".png"] },
  JPEG: { types: ["image/jpeg"], suffixes: [".jpg", ".jpeg"] },
  TIFF: { types: ["image/tiff"], suffixes: [".tif", ".tiff", ".btf", ".svs"] },
  BMP: { types: ["image/bmp"], suffixes: [".bmp"] },
  WEBP: { types: ["image/webp"], suffixes: [".webp"] },
  GIF: { types: ["image/gif"], suffixes: [".gif"] },
  AVIF: { types: ["image/avif"], suffixes: [".avif"] },
  JPEG2000: { types: ["image/jp2"], suffixes: [".jp2", ".j2k"] },
  JPEGXL: { types: ["image/jxl"], suffixes: [".jxl"] },
};

/** Readable names, if the service's differ. */
const WRITTEN: Readonly<Record<string, string>> = {
  WEBP: "WebP",
  JPEG2000: "JPEG 2000",
  JPEGXL: "JPEG XL",
};

/** The value of `accept` for a file input: these formats and no others. */
export function acceptOf(formats: Limits["formats"]): string {
  const kinds = formats.map(kindOf);
  return kinds.flatMap(({ types, suffixes }) => [...types, ...suffixes]).join(",");
}

/** A format's readable name. */
export function writtenName(format: string): string {
  return WRITTEN[keyOf(format)] ?? format;
}

/** Whether a format is in a list, in any spelling. */
export function isListed(format: string, formats: Limits["formats"]): boolean {
  return formats.some((name) => keyOf(name) === keyOf(format));
}

/** Whether a file's name is of a listed format that is not recognised here by its first bytes. */
export function isOfUnknownFormat(name: string, formats: Limits["formats"]): boolean {
  const unknown = formats.filter((format) => !(keyOf(format) in KINDS));
  return unknown.flatMap((format) => kindOf(format).suffixes).some((end) => hasEnd(name, end));
}

/** A format that is unknown here is named by its suffix. */
function kindOf(format: string): FileKind {
  return KINDS[keyOf(format)] ?? { types: [], suffixes: [`.${format.toLowerCase()}`] };
}

function keyOf(format: string): string {
  return format.toUpperCase().replace(/[\s-]/g, "");
}

function hasEnd(name: string, end: string): boolean {
  return name.toLowerCase().endsWith(end);
}
