import { ApiError } from "@/lib/api/error";
import type { Limits } from "@/lib/api/schema";
import { isListed, isOfUnknownFormat, writtenName } from "@/lib/upload/formats";
import { type ImageFormat, type PixelSize, readHeader } from "@/lib/upload/image-header";
import {
  agreedScale,
  headScales,
  NO_SCALE,
  readTiffScale,
  type StatedScale,
} from "@/lib/upload/stated-scale";

/** Enough for the size in a JPEG, which follows EXIF data and colour profiles. */
const HEAD_BYTES = 256 * 1024;

/** The facts in a file, read before anything is sent. */
export interface FileFacts {
  /** Null if it cannot be read here. */
  size: PixelSize | null;
  stated: StatedScale;
}

/** Refused even before the service's list of formats is known. */
const NEVER_READ: ReadonlySet<ImageFormat> = new Set(["HEIC", "ZIP"]);

export type Inspection = { error: ApiError } | { error: null; facts: FileFacts };

type KnownLimits = Pick<Limits, "formats" | "max_pixels" | "max_upload_bytes"> | null;

/**
 * What the service would refuse in a file, under the service's own codes, or what the file says of
 * its size and scale.
 *
 * @param limits Of `GET /model/`; null where they are not known, and the service judges alone.
 */
export async function inspectFile(file: File, limits: KnownLimits): Promise<Inspection> {
  try {
    const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
    const error = problemOf(file, head, limits);
    return error ? { error } : withinPixels(await factsOf(file, head), limits);
  } catch {
    // A folder, or a file that was moved after it was chosen.
    return { error: new ApiError("unsupported_image", "The file cannot be read.") };
  }
}

function problemOf(file: File, head: Uint8Array, limits: KnownLimits): ApiError | null {
  if (file.size === 0) {
    return new ApiError("missing_image", "The file is empty.");
  }
  if (limits && file.size > limits.max_upload_bytes) {
    return new ApiError("payload_too_large", `The file has ${file.size} bytes.`);
  }
  const header = readHeader(head);
  if (!header) {
    return limits && isOfUnknownFormat(file.name, limits.formats)
      ? null
      : new ApiError("unsupported_image", "The bytes are no image that is known here.");
  }
  const isRefused = limits
    ? !isListed(header.format, limits.formats)
    : NEVER_READ.has(header.format);
  return isRefused
    ? new ApiError("unsupported_image", `${header.format} is not supported.`, {
        format: writtenName(header.format),
      })
    : null;
}

async function factsOf(file: File, head: Uint8Array): Promise<FileFacts> {
  const header = readHeader(head);
  if (header?.format === "TIFF") {
    return (await readTiffScale(file)) ?? { size: null, stated: NO_SCALE };
  }
  return header
    ? { size: header.size, stated: agreedScale(await headScales(head, header.format)) }
    : { size: null, stated: NO_SCALE };
}

function withinPixels(facts: FileFacts, limits: KnownLimits): Inspection {
  const pixels = facts.size ? facts.size.width * facts.size.height : 0;
  return limits && pixels > limits.max_pixels
    ? { error: new ApiError("too_many_pixels", `The image has ${pixels} pixels.`) }
    : { error: null, facts };
}
