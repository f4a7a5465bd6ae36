import type { QueryClient } from "@tanstack/react-query";
import { forgetEveryResult } from "@/lib/result/session";
import { forgetUploads } from "@/lib/upload/upload-store";

/** Drop a visitor's data from this browser after sign-out, and reload. */
export async function leaveThisBrowser(client: QueryClient): Promise<void> {
  forgetEveryResult(client);
  await forgetUploads();
  // Reload, so that none of their data remain in the page's memory.
  window.location.assign("/");
}
