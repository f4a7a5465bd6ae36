import { apiPath } from "@/lib/api/client";
import type { HistoryRecord } from "@/lib/api/schema";

// The service stores pictures of at most this many pixels without loss.
const EXACT_PIXELS = 64 * 64;

/** Address of the thumbnail of a saved result. */
export function thumbnailPath(id: string): string {
  return apiPath(`/history/${id}/thumbnail`);
}

/** Address of the image file of a saved result, if the service stores such files. */
export function originalPath(id: string): string {
  return apiPath(`/history/${id}/original`);
}

/** Whether the service's thumbnail is the image itself, pixel by pixel. */
export function isThumbnailExact({ result }: HistoryRecord): boolean {
  return result.image.width * result.image.height <= EXACT_PIXELS;
}

/** SHA-256 of a file in lower-case hexadecimal digits. */
export async function sha256(file: Blob): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
