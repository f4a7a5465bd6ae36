import { ApiError, type ErrorCode } from "@/lib/api/error";
import type { PredictOptions } from "@/lib/upload/settings";
import type { Progress, Upload } from "@/lib/upload/uploads";

/**
 * The data that this browser keeps of an upload without a result, so that a reload does not lose
 * it.
 */
export interface KeptUpload extends Pick<Upload, "key" | "file" | "scaleAsked"> {
  options: PredictOptions;
  /** How it ended; null while it is in progress. */
  end: KeptEnd | null;
}

type KeptEnd =
  | { phase: "cancelled" }
  | { phase: "failed"; code: ErrorCode; details: Readonly<Record<string, unknown>> };

/**
 * The data to keep of an upload; null if it has its result, or if the visitor wants nothing saved.
 */
export function keptOf({ key, file, scaleAsked, options, progress }: Upload): KeptUpload | null {
  return progress.phase === "done" || !options.save
    ? null
    : { key, file, scaleAsked, options, end: endOf(progress) };
}

/** Whether the kept data of an upload equal those of an earlier state. */
export function isKeptAlike(one: Upload, other: Upload): boolean {
  return (
    one.options === other.options &&
    one.scaleAsked === other.scaleAsked &&
    endedAs(one.progress) === endedAs(other.progress)
  );
}

/** The state in which a kept upload continues. */
export function progressOf({ end }: KeptUpload): Progress {
  if (end?.phase === "failed") {
    const error = new ApiError(end.code, "kept from before the page was loaded", end.details);
    return { phase: "failed", error };
  }
  return { phase: end?.phase ?? "checking" };
}

/** How an upload ended, as a comparable value; null while it is in progress. */
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
