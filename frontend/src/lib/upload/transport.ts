import { ApiError, errorOfAnswer, errorOfSilence } from "@/lib/api/error";
import type { PredictionResult } from "@/lib/api/schema";

/** Milliseconds without any progress after which a request counts as lost. */
const STALLED_MS = 60_000;

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
 * Send an image, and return the answer. `fetch` cannot tell how much of a body has left.
 *
 * @throws ApiError `cancelled` when the signal aborts; else as `ask` of the API's client.
 */
export function post(parcel: Parcel, { signal, onProgress }: Tracking): Promise<PredictionResult> {
  const request = new XMLHttpRequest();
  const cancel = () => request.abort();
  const answer = new Promise<PredictionResult>((resolve, reject) => {
    request.onload = () => settle(request, resolve, reject);
    request.onerror = () => reject(errorOfSilence());
    request.ontimeout = () => reject(errorOfSilence());
    request.onabort = () => reject(new ApiError("cancelled", "cancelled"));
  });
  request.open("POST", parcel.address);
  for (const [name, value] of Object.entries(parcel.headers)) {
    request.setRequestHeader(name, value);
  }
  const started = performance.now();
  const hope = () => {
    request.timeout = performance.now() - started + STALLED_MS;
  };
  request.upload.onprogress = ({ loaded, total }) => {
    hope();
    onProgress(loaded / total);
  };
  signal.addEventListener("abort", cancel);
  hope();
  request.send(parcel.body);
  return answer.finally(() => signal.removeEventListener("abort", cancel));
}

function settle(
  request: XMLHttpRequest,
  resolve: (result: PredictionResult) => void,
  reject: (error: unknown) => void,
): void {
  const { status, responseText } = request;
  try {
    if (status !== 200) {
      throw errorOfAnswer(status, responseText, request.getResponseHeader("Retry-After"));
    }
    resolve(JSON.parse(responseText));
  } catch (error) {
    reject(error instanceof ApiError ? error : errorOfSilence());
  }
}
