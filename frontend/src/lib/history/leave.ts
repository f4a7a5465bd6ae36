import type { QueryClient } from "@tanstack/react-query";
import { forgetEveryResult } from "@/lib/result/session";
import { forgetUploads } from "@/lib/upload/upload-store";

/** Drop what this browser has of a visitor who signed out, and begin anew. */
export async function leaveThisBrowser(client: QueryClient): Promise<void> {
  forgetEveryResult(client);
  await forgetUploads();
  // Loaded anew, so that nothing of theirs is left in the memory of this page.
  window.location.assign("/");
}
