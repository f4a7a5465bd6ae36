import { apiPath, askFile } from "@/lib/api/client";
import { type ImageFormat, readHeader } from "@/lib/upload/image-header";
import { MAX_JSON_BYTES } from "@/lib/upload/request";

/** Large files take a while to upload and to read. */
const TIMEOUT_MS = 120_000;
/** Room for the form around the file. */
const FORM_BYTES = 1024;
const HEAD_BYTES = 64;

/** Formats that the service reads and many browsers cannot draw. */
const DRAWN_BY_SERVICE: ReadonlySet<ImageFormat> = new Set(["TIFF", "JPEG2000", "JPEGXL"]);

/** Previews by file, so that none is sent twice. */
const pictures = new WeakMap<Blob, Promise<Blob | null>>();

/** Whether the preview of a file was requested before. */
export function isPreviewAsked(file: Blob): boolean {
  return pictures.has(file);
}

/**
 * A small picture of a file that the service draws and does not keep; null for a format that
 * browsers draw. Asked for once; after an error, again.
 *
 * @param publicApiUrl Where this browser finds the API for files too large for the site's own host.
 * @throws ApiError as `ask`.
 */
export function servicePreview(file: Blob, publicApiUrl: string): Promise<Blob | null> {
  const asked = pictures.get(file) ?? draw(file, publicApiUrl);
  pictures.set(file, asked);
  asked.catch(() => pictures.delete(file));
  return asked;
}

async function draw(file: Blob, publicApiUrl: string): Promise<Blob | null> {
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  const format = readHeader(head)?.format;
  if (!format || !DRAWN_BY_SERVICE.has(format)) {
    return null;
  }
  const body = new FormData();
  // Without the file's name.
  body.append("file", file, "image");
  const isSmall = file.size + FORM_BYTES <= MAX_JSON_BYTES;
  const address = isSmall ? apiPath("/preview") : `${publicApiUrl}/preview/`;
  return askFile(address, { method: "POST", body }, TIMEOUT_MS);
}
