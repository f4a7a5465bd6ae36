import { apiPath } from "@/lib/api/client";
import { ApiError } from "@/lib/api/error";
import type { PredictionResult } from "@/lib/api/schema";
import { formBody, jsonBody, wayOf } from "@/lib/upload/request";
import type { PredictOptions } from "@/lib/upload/settings";
import { post, type Tracking } from "@/lib/upload/transport";
import type { Visit } from "@/lib/upload/visit";

export type Send = (
  image: Blob,
  options: PredictOptions,
  tracking: Tracking,
) => Promise<PredictionResult>;

/**
 * Sends each image in the appropriate way, as one visitor.
 *
 * @param publicApiUrl Address of the API for this browser, without a final slash.
 */
export function sender(publicApiUrl: string, visit: Visit): Send {
  return (image, options, tracking) =>
    wayOf(image.size) === "json"
      ? sendThroughSite(visit, image, options, tracking)
      : sendToApi({
          address: `${publicApiUrl}/predict/`,
          visit,
          body: formBody(image, options),
          save: options.save,
          tracking,
        });
}

async function sendThroughSite(
  visit: Visit,
  image: Blob,
  options: PredictOptions,
  tracking: Tracking,
): Promise<PredictionResult> {
  const visitor = options.save ? visit.establish() : undefined;
  const [body] = await Promise.all([jsonBody(image, options), visitor]);
  throwIfCancelled(tracking.signal);
  const headers = { "Content-Type": "application/json" };
  return post({ address: apiPath("/predict"), body, headers }, tracking);
}

interface FormParcel {
  /** Address of the API itself. */
  address: string;
  visit: Visit;
  body: FormData;
  save: boolean;
  tracking: Tracking;
}

/** Send a form directly to the API; with the visitor's ticket if the result is to be saved. */
export async function sendToApi({
  address,
  visit,
  body,
  save,
  tracking,
}: FormParcel): Promise<PredictionResult> {
  const postAs = (headers: Record<string, string>) => {
    throwIfCancelled(tracking.signal);
    return post({ address, body, headers }, tracking);
  };
  if (!save) {
    return postAs({});
  }
  // The ticket's response also sets the cookie if this browser has none.
  const { ticket } = await visit.ticket();
  return postAs(bearer(ticket)).catch(async (error: unknown) => {
    if (error instanceof ApiError && error.code === "invalid_credentials") {
      return postAs(bearer((await visit.renew()).ticket));
    }
    throw error;
  });
}

function bearer(ticket: string): Record<string, string> {
  return { Authorization: `Bearer ${ticket}` };
}

/** An upload cancelled during preparation must not be sent. */
function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) {
    throw new ApiError("cancelled", "cancelled");
  }
}
