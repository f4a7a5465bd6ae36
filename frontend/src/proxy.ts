import { type NextRequest, NextResponse } from "next/server";
import { contentSecurityPolicy, SECURITY_HEADERS } from "@/lib/security";
import { apiUrl, publicApiUrl } from "@/lib/settings";

// What the site needs of the API; the rest of it is not the site's to offer.
const API_PATH =
  /^\/api\/((?:predict|preview|history|stats|model|health|tickets)(?:\/.*)?|export\.[a-z]+)$/;

/** Hands `/api/*` on to the API, so that its cookie is the site's own, and guards every page. */
export function proxy(request: NextRequest): NextResponse {
  const path = API_PATH.exec(request.nextUrl.pathname)?.[1];
  if (path) {
    return NextResponse.rewrite(new URL(`${apiUrl()}/${path}${request.nextUrl.search}`));
  }
  return guarded(request);
}

function guarded(request: NextRequest): NextResponse {
  const nonce = btoa(crypto.randomUUID());
  const policy = contentSecurityPolicy({
    nonce,
    apiOrigin: new URL(publicApiUrl()).origin,
    isDevelopment: process.env.NODE_ENV === "development",
  });
  const headers = new Headers(request.headers);
  // Next.js puts the nonce of this header on its own scripts.
  headers.set("Content-Security-Policy", policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("Content-Security-Policy", policy);
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
    response.headers.set(name, value);
  }
  return response;
}

export const config = { matcher: ["/((?!_next/static|_next/image).*)"] };
