import type { ErrorCode as ApiErrorCode, ErrorReport } from "@/lib/api/schema";

/** The API's codes, and errors before it responds; there is a message for each. */
export type ErrorCode =
  | ApiErrorCode
  | "offline"
  | "unreachable"
  | "interrupted"
  | "no_response"
  | "cancelled";

/** A failed request. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
    /** Seconds after which the API asks to retry; null if it names none. */
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(message);
  }

  /** Whether a retry of the same request may succeed a little later. */
  get isTransient(): boolean {
    return TRANSIENT.has(this.code);
  }

  /** Whether a manual retry may succeed; an invalid request always fails. */
  get mayPass(): boolean {
    return !this.isOfFile && !FINAL.has(this.code);
  }

  /** Whether the file is at fault, so that sending it again cannot help. */
  get isOfFile(): boolean {
    return OF_FILE.has(this.code);
  }
}

/** Errors of the file itself, which stay the same next time. */
const OF_FILE: ReadonlySet<ErrorCode> = new Set([
  "unsupported_image",
  "missing_image",
  "corrupt_image",
  "animated_image",
  "invalid_image",
  "no_tissue",
  "payload_too_large",
  "too_many_pixels",
]);

/** Errors of the request or of the visitor's rights, which stay the same next time. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  "invalid_request",
  "invalid_options",
  "unknown_operating_point",
  "invalid_archive",
  "too_many_files",
  "not_found",
  "unknown_record",
  "method_not_allowed",
  "length_required",
  "unsupported_media_type",
  "invalid_credentials",
  "api_key_required",
  "scale_out_of_range",
  "scale_unknown",
  "scale_conflict",
  "not_a_patch",
  "no_tissue",
]);

const TRANSIENT: ReadonlySet<ErrorCode> = new Set([
  "offline",
  "unreachable",
  "busy",
  "rate_limited",
  "history_unavailable",
  "model_unavailable",
]);

/** The error of a response outside 2xx. */
export function errorOfResponse(status: number, body: string, retryAfter: string | null): ApiError {
  const seconds = Number(retryAfter);
  const wait = retryAfter && Number.isFinite(seconds) ? seconds : null;
  const report = parseReport(body);
  if (report) {
    return new ApiError(report.error.code, report.error.message, report.error.details, wait);
  }
  // From a proxy in between, so all that is known is that the API cannot be reached.
  return new ApiError("unreachable", `status ${status} without a report`, {}, wait);
}

/** The error of a request that got no response. */
export function errorWithoutResponse(): ApiError {
  return new ApiError(isOffline() ? "offline" : "unreachable", "no response");
}

/** The error of a response that ended early. */
export function errorOfInterruption(): ApiError {
  return new ApiError(isOffline() ? "offline" : "interrupted", "the response was cut off");
}

function isOffline(): boolean {
  return globalThis.navigator?.onLine === false;
}

function parseReport(body: string): ErrorReport | null {
  try {
    const report: unknown = JSON.parse(body);
    return isReport(report) ? report : null;
  } catch {
    return null;
  }
}

function isReport(value: unknown): value is ErrorReport {
  const code = (value as ErrorReport | null)?.error?.code;
  return typeof code === "string";
}
