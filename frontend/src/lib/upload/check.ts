import { ApiError } from "@/lib/api/error";
import type { Limits } from "@/lib/api/schema";
import { readHeader } from "@/lib/upload/image-header";

/** Enough for the size in a JPEG, which stands behind EXIF data and colour profiles. */
const HEAD_BYTES = 256 * 1024;

/**
 * What the service would refuse in a file, found before it is sent, under the service's own codes;
 * null where nothing is.
 *
 * @param head The file's first bytes.
 * @param bytes The whole file's length.
 * @param limits Of `GET /model/`; null where they are not known, and the service judges alone.
 */
export function problemOf(
  head: Uint8Array,
  bytes: number,
  limits: Pick<Limits, "formats" | "max_pixels" | "max_upload_bytes"> | null,
): ApiError | null {
  if (bytes === 0) {
    return new ApiError("missing_image", "The file is empty.");
  }
  if (limits && bytes > limits.max_upload_bytes) {
    return new ApiError("payload_too_large", `The file has ${bytes} bytes.`);
  }
  const header = readHeader(head);
  if (!header || (limits && !limits.formats.includes(header.format))) {
    return new ApiError("unsupported_image", "The bytes are no image that the service reads.");
  }
  const pixels = header.size ? header.size.width * header.size.height : 0;
  if (limits && pixels > limits.max_pixels) {
    return new ApiError("too_many_pixels", `The image has ${pixels} pixels.`);
  }
  return null;
}

/** `problemOf` a file, of which only the beginning is read. */
export async function checkFile(file: Blob, limits: Limits | null): Promise<ApiError | null> {
  try {
    const head = await file.slice(0, HEAD_BYTES).arrayBuffer();
    return problemOf(new Uint8Array(head), file.size, limits);
  } catch {
    // A folder, or a file that was moved since it was chosen.
    return new ApiError("unsupported_image", "The file cannot be read.");
  }
}
