import { SITE_HEADER, signedAddress } from "@/lib/server/client-address";
import { apiUrl } from "@/lib/settings";

// What the site needs of the API; the rest of it is not the site's to offer.
const API_PATH =
  /^\/api\/((?:predict|preview|history|stats|model|health|tickets)(?:\/.*)?|visitor\/token|export\.[a-z]+)$/;
// They are of one connection, or what this server sets by itself.
const NOT_PASSED_ON = ["connection", "host", "keep-alive", "transfer-encoding", "upgrade"];
const RETRY_SECONDS = "2";

/**
 * Asks the API, and passes body and answer on as they come.
 *
 * An API that cannot be reached is answered as a busy one: 503 with the code `unreachable`.
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
  // Passed on as it is: what was unpacked on the way would contradict its own headers.
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
 * Whether a page of this site asks. The API, under another host, would take it for another site's
 * where browsers say no more than the origin, as they do over plain HTTP.
 */
function isOwnOrigin(headers: Headers): boolean {
  const asking = /^https?:\/\/(.+)$/.exec(headers.get("Origin") ?? "")?.[1];
  // No page can add the latter without asking.
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
