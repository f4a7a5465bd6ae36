import { ApiError, errorOfResponse, errorWithoutResponse } from "@/lib/api/error";
import type { PredictionResult } from "@/lib/api/schema";

/** Milliseconds in which nothing of the body leaves, after which a request counts as lost. */
const STALLED_MS = 60_000;
/** Milliseconds that the service has to respond: a large region takes minutes to read. */
const RESPONSE_MS = 10 * 60_000;

export interface Parcel {
  address: string;
  body: string | FormData;
  headers: Readonly<Record<string, string>>;
}

export interface Tracking {
  signal: AbortSignal;
  /** Told the share of the body that has left, 0 to 1. */
  onProgress: (share: number) => void;
}

/**
 * Send an image, and return the result. `fetch` cannot tell how much of a body has left.
 *
 * @throws ApiError `cancelled` when the signal aborts; `no_response` when all was sent and the
 *   result does not come in ten minutes; else as `ask` of the API's client.
 */
export function post(parcel: Parcel, { signal, onProgress }: Tracking): Promise<PredictionResult> {
  const request = new XMLHttpRequest();
  const cancel = () => request.abort();
  let isSent = false;
  const result = new Promise<PredictionResult>((resolve, reject) => {
    request.onload = () => settle(request, resolve, reject);
    request.onerror = () => reject(errorWithoutResponse());
    request.ontimeout = () =>
      reject(isSent ? new ApiError("no_response", "no response in time") : errorWithoutResponse());
    request.onabort = () => reject(new ApiError("cancelled", "cancelled"));
  });
  request.open("POST", parcel.address);
  for (const [name, value] of Object.entries(parcel.headers)) {
    request.setRequestHeader(name, value);
  }
  const started = performance.now();
  const wait = (ms: number) => {
    request.timeout = performance.now() - started + ms;
  };
  request.upload.onprogress = ({ loaded, total }) => {
    wait(STALLED_MS);
    onProgress(loaded / total);
  };
  request.upload.onload = () => {
    isSent = true;
    wait(RESPONSE_MS);
  };
  signal.addEventListener("abort", cancel);
  wait(STALLED_MS);
  request.send(parcel.body);
  return result.finally(() => signal.removeEventListener("abort", cancel));
}

function settle(
  request: XMLHttpRequest,
  resolve: (result: PredictionResult) => void,
  reject: (error: unknown) => void,
): void {
  const { status, responseText } = request;
  try {
    if (status !== 200) {
      throw errorOfResponse(status, responseText, request.getResponseHeader("Retry-After"));
    }
    resolve(JSON.parse(responseText));
  } catch (error) {
    reject(error instanceof ApiError ? error : errorWithoutResponse());
  }
}
