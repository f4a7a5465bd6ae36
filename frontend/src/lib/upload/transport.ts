import {
  ApiError,
  errorOfInterruption,
  errorOfResponse,
  errorWithoutResponse,
} from "@/lib/api/error";
import type { PredictionResult } from "@/lib/api/schema";
import type { ProgressEvent } from "@/lib/upload/stream-event";
import { StreamedResponse } from "@/lib/upload/streamed-response";

/** Milliseconds without upload progress after which a request counts as lost. */
const STALLED_MS = 60_000;
/** Milliseconds to wait for the next line: a large region takes minutes. */
const RESPONSE_MS = 10 * 60_000;
/** Milliseconds without data after which a device that went offline counts as disconnected. */
const OFFLINE_MS = 10_000;

export interface Parcel {
  address: string;
  body: string | FormData;
  headers: Readonly<Record<string, string>>;
}

export interface Tracking {
  signal: AbortSignal;
  /** Called with the share of the body that is sent, 0 to 1. */
  onProgress: (share: number) => void;
  /** Called with the service's events. */
  onEvents: (events: readonly ProgressEvent[]) => void;
}

/**
 * Send an image, follow how it is read, and return the result. `fetch` cannot tell how much of a
 * body has left.
 *
 * @throws ApiError `cancelled` when the signal aborts; `no_response` when all was sent and nothing
 *   comes for ten minutes; `interrupted` when the response ends before the result; the error that
 *   the response ends with; else as `ask` of the API's client.
 */
export function post(parcel: Parcel, tracking: Tracking): Promise<PredictionResult> {
  const request = new XMLHttpRequest();
  const state: Sending = { isSent: false, wentOffline: false };
  const result = followed(request, tracking, state);
  open(request, parcel);
  const over = new AbortController();
  limitSilence(request, state, tracking.onProgress, over.signal);
  tracking.signal.addEventListener("abort", () => request.abort(), { signal: over.signal });
  request.send(parcel.body);
  return result.finally(() => over.abort());
}

function open(request: XMLHttpRequest, parcel: Parcel): void {
  request.open("POST", parcel.address);
  const headers = { ...parcel.headers, Accept: "application/x-ndjson" };
  for (const [name, value] of Object.entries(headers)) {
    request.setRequestHeader(name, value);
  }
}

/** Ends a stalled request, and reports the upload progress. */
function limitSilence(
  request: XMLHttpRequest,
  state: Sending,
  onProgress: Tracking["onProgress"],
  over: AbortSignal,
): void {
  const wait = waitFor(request);
  wait(STALLED_MS);
  request.upload.onprogress = ({ loaded, total }) => {
    wait(STALLED_MS);
    onProgress(loaded / total);
  };
  request.upload.onload = () => {
    state.isSent = true;
    wait(RESPONSE_MS);
  };
  request.addEventListener("progress", () => {
    // While the device is offline, data already in transit may still arrive.
    state.wentOffline &&= !navigator.onLine;
    wait(state.wentOffline ? OFFLINE_MS : RESPONSE_MS);
  });
  const expectLoss = () => {
    state.wentOffline = true;
    wait(OFFLINE_MS);
  };
  window.addEventListener("offline", expectLoss, { signal: over });
}

interface Sending {
  isSent: boolean;
  /** Whether the device went offline, and no data have arrived since it is back. */
  wentOffline: boolean;
}

/** The result of a streamed response. */
function followed(
  request: XMLHttpRequest,
  { onEvents }: Tracking,
  state: Sending,
): Promise<PredictionResult> {
  const response = new StreamedResponse(onEvents);
  return new Promise<PredictionResult>((resolve, reject) => {
    const attempt = (act: () => void) => {
      try {
        act();
      } catch (error) {
        reject(error);
        // The rest is not read.
        request.abort();
      }
    };
    const read = () => request.status === 200 && response.readAll(request.responseText);
    request.onprogress = () => attempt(read);
    request.onload = () =>
      attempt(() => {
        throwIfRefused(request);
        read();
        resolve(response.end());
      });
    request.onerror = () =>
      reject(response.hasBegun ? errorOfInterruption() : errorWithoutResponse());
    request.ontimeout = () => reject(errorOfSilence(state));
    request.onabort = () => reject(new ApiError("cancelled", "cancelled"));
  });
}

function errorOfSilence({ isSent, wentOffline }: Sending): ApiError {
  if (isSent && wentOffline) {
    return errorOfInterruption();
  }
  return isSent ? new ApiError("no_response", "no response in time") : errorWithoutResponse();
}

/** Restarts a request's time limit, in milliseconds from this call. */
function waitFor(request: XMLHttpRequest): (ms: number) => void {
  const started = performance.now();
  return (ms) => {
    request.timeout = performance.now() - started + ms;
  };
}

function throwIfRefused(request: XMLHttpRequest): void {
  const { status, responseText } = request;
  if (status !== 200) {
    throw errorOfResponse(status, responseText, request.getResponseHeader("Retry-After"));
  }
}
