import { type NextRequest, NextResponse } from "next/server";
import { contentSecurityPolicy, SECURITY_HEADERS } from "@/lib/security";
import { publicApiUrl } from "@/lib/settings";

/** Guards every page. */
export function proxy(request: NextRequest): NextResponse {
  const nonce = btoa(crypto.randomUUID());
  const policy = contentSecurityPolicy({
    nonce,
    apiOrigin: new URL(publicApiUrl()).origin,
    isDevelopment: process.env.NODE_ENV === "development",
  });
  const headers = new Headers(request.headers);
  // Next.js uses the nonce of this header for its own scripts.
  headers.set("Content-Security-Policy", policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("Content-Security-Policy", policy);
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
    response.headers.set(name, value);
  }
  return response;
}

// For `/api/*`, Next.js would keep each body in memory for this function.
export const config = { matcher: ["/((?!_next/static|_next/image|api/).*)"] };
