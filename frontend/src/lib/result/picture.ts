import { apiPath } from "@/lib/api/client";
import type { HistoryRecord } from "@/lib/api/schema";

// The service keeps pictures of this many pixels or fewer exactly.
const EXACT_PIXELS = 64 * 64;

/** Where the small picture of a saved result lies. */
export function thumbnailPath(id: string): string {
  return apiPath(`/history/${id}/thumbnail`);
}

/** Where the image file of a saved result lies, if the service keeps such files. */
export function originalPath(id: string): string {
  return apiPath(`/history/${id}/original`);
}

/** Whether the service's small picture is the image itself, pixel by pixel. */
export function isThumbnailExact({ result }: HistoryRecord): boolean {
  return result.image.width * result.image.height <= EXACT_PIXELS;
}

/** SHA-256 of a file in lower-case hexadecimal digits. */
export async function sha256(file: Blob): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
