import { ApiError, errorOfResponse, errorWithoutResponse } from "@/lib/api/error";

const TIMEOUT_MS = 20_000;

/** Query parameters; null and undefined are left out, and lists are repeated. */
export type Query = Readonly<
  Record<string, string | number | boolean | readonly string[] | null | undefined>
>;

/** The site's own address of an API path; the site forwards it to the API. */
export function apiPath(path: string, query: Query = {}): string {
  return `/api${withQuery(path, query)}`;
}

export function withQuery(path: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) {
      if (one !== null && one !== undefined) {
        parameters.append(name, String(one));
      }
    }
  }
  const text = parameters.toString();
  return `${path}${text ? `?${text}` : ""}`;
}

/**
 * Call the API and return its JSON; null for a response without content.
 *
 * @throws ApiError for every response outside 2xx, and if there is no response.
 */
export async function ask<T>(address: string, init: RequestInit = {}): Promise<T> {
  const body = await read(await respond(address, init), "text");
  return (body ? JSON.parse(body) : null) as T;
}

/** Get a file from the API, within a time limit; throws like `ask`. */
export async function askFile(
  address: string,
  init: RequestInit = {},
  timeoutMs = TIMEOUT_MS,
): Promise<Blob> {
  return read(await respond(address, init, timeoutMs), "blob");
}

/** Send JSON; see `ask`. */
export function send<T>(
  method: "POST" | "PUT" | "DELETE",
  path: string,
  body?: unknown,
): Promise<T> {
  const json =
    body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
  return ask<T>(apiPath(path), { method, ...json });
}

async function respond(
  address: string,
  init: RequestInit,
  timeoutMs = TIMEOUT_MS,
): Promise<Response> {
  const signals = [AbortSignal.timeout(timeoutMs), ...(init.signal ? [init.signal] : [])];
  const response = await fetch(address, { ...init, signal: AbortSignal.any(signals) }).catch(() => {
    throw init.signal?.aborted ? new ApiError("cancelled", "cancelled") : errorWithoutResponse();
  });
  if (!response.ok) {
    const body = await read(response, "text");
    throw errorOfResponse(response.status, body, response.headers.get("Retry-After"));
  }
  return response;
}

function read<Kind extends "text" | "blob">(
  response: Response,
  kind: Kind,
): ReturnType<Response[Kind]> {
  return response[kind]().catch(() => {
    throw errorWithoutResponse();
  }) as ReturnType<Response[Kind]>;
}
