import { SITE_HEADER, signedAddress } from "@/lib/server/client-address";
import { apiUrl } from "@/lib/settings";

// The API paths that the site needs; it does not expose others.
const API_PATH =
  /^\/api\/((?:predict|preview|history|stats|model|health|tickets)(?:\/.*)?|visitor\/token|export\.[a-z]+)$/;
// Headers of one connection, or set by this server itself.
const NOT_PASSED_ON = ["connection", "host", "keep-alive", "transfer-encoding", "upgrade"];
const RETRY_SECONDS = "2";

/**
 * Forwards a request to the API, streaming both bodies.
 *
 * If the API cannot be reached, the response is that of a busy one: 503 with the code
 * `unreachable`.
 */
export async function forward(request: Request, { pathname, search }: URL): Promise<Response> {
  const path = API_PATH.exec(pathname)?.[1];
  if (!path) {
    return failure(404, "not_found", "The site offers no such path.");
  }
  const sent: RequestInit & { duplex: "half" } = {
    method: request.method,
    headers: await headersFor(request),
    body: request.body,
    duplex: "half",
    redirect: "manual",
    cache: "no-store",
    signal: request.signal,
  };
  try {
    const answer = await fetch(`${apiUrl()}/${path}${search}`, sent);
    return new Response(answer.body, { status: answer.status, headers: answerHeaders(answer) });
  } catch {
    return failure(503, "unreachable", "The service cannot be reached now.");
  }
}

async function headersFor(request: Request): Promise<Headers> {
  const headers = new Headers(request.headers);
  for (const name of NOT_PASSED_ON) {
    headers.delete(name);
  }
  // Forwarded unchanged: an unpacked body would contradict its headers.
  headers.set("Accept-Encoding", "identity");
  if (isOwnOrigin(request.headers)) {
    headers.delete("Origin");
  }
  headers.delete(SITE_HEADER);
  const signed = await signedAddress(request.headers);
  if (signed) {
    headers.set(SITE_HEADER, signed);
  }
  return headers;
}

/**
 * Whether the request comes from a page of this site. The API has another host. Over plain HTTP
 * browsers send only the origin, so the API would take the request for another site's.
 */
function isOwnOrigin(headers: Headers): boolean {
  const asking = /^https?:\/\/(.+)$/.exec(headers.get("Origin") ?? "")?.[1];
  // A page of another site cannot add this header without a preflight.
  const own = [headers.get("Host"), headers.get("X-Forwarded-Host")];
  return own.some((host) => !!host && !!asking && plainHost(host) === plainHost(asking));
}

function plainHost(host: string): string {
  return host.toLowerCase().replace(/:(80|443)$/, "");
}

function answerHeaders({ headers }: Response): Headers {
  const passed = new Headers(headers);
  for (const name of NOT_PASSED_ON) {
    passed.delete(name);
  }
  return passed;
}

function failure(status: number, code: string, message: string): Response {
  return Response.json(
    { error: { code, message, details: {} } },
    { status, headers: status === 503 ? { "Retry-After": RETRY_SECONDS } : {} },
  );
}
