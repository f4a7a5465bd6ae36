import { ApiError, type ErrorCode } from "@/lib/api/error";
import type { PredictOptions } from "@/lib/upload/settings";
import type { Progress, Upload } from "@/lib/upload/uploads";

/** What this browser keeps of an upload that has no result yet, so that a reload does not lose it. */
export interface KeptUpload extends Pick<Upload, "key" | "file" | "scaleAsked"> {
  options: PredictOptions;
  /** How it ended; null where it is still on its way. */
  end: KeptEnd | null;
}

type KeptEnd =
  | { phase: "cancelled" }
  | { phase: "failed"; code: ErrorCode; details: Readonly<Record<string, unknown>> };

/**
 * What is to be kept of an upload; null for nothing: it has its result, or the visitor wants
 * nothing saved.
 */
export function keptOf({ key, file, scaleAsked, options, progress }: Upload): KeptUpload | null {
  return progress.phase === "done" || !options.save
    ? null
    : { key, file, scaleAsked, options, end: endOf(progress) };
}

/** Whether what is kept of an upload is the same as of an earlier state of it. */
export function isKeptAlike(one: Upload, other: Upload): boolean {
  return (
    one.options === other.options &&
    one.scaleAsked === other.scaleAsked &&
    endedAs(one.progress) === endedAs(other.progress)
  );
}

/** Where a kept upload goes on. */
export function progressOf({ end }: KeptUpload): Progress {
  if (end?.phase === "failed") {
    const error = new ApiError(end.code, "kept from before the page was loaded", end.details);
    return { phase: "failed", error };
  }
  return { phase: end?.phase ?? "checking" };
}

/** How an upload ended, as something that compares; null while it is on its way. */
function endedAs(progress: Progress): unknown {
  if (progress.phase === "failed") {
    return progress.error;
  }
  return progress.phase === "cancelled" ? "cancelled" : null;
}

function endOf(progress: Progress): KeptEnd | null {
  if (progress.phase === "failed") {
    const { error } = progress;
    const isKnown = error instanceof ApiError;
    return {
      phase: "failed",
      code: isKnown ? error.code : "internal_error",
      details: isKnown ? error.details : {},
    };
  }
  return progress.phase === "cancelled" ? { phase: "cancelled" } : null;
}
