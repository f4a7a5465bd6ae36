import type { NextRequest } from "next/server";
import { forward } from "@/lib/server/forward";

/** Hands `/api/*` on to the API, so that its cookie is the site's own. */
function handle(request: NextRequest): Promise<Response> {
  return forward(request, request.nextUrl);
}

export { handle as DELETE, handle as GET, handle as PATCH, handle as POST, handle as PUT };
