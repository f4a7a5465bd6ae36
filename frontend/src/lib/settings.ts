/**
 * The site's environment, each variable read in this file only and when a request needs it, so
 * that one build serves anywhere.
 */

/** Where the site's server finds the API: `BIOPSIA_API_URL`. */
export function apiUrl(): string {
  return withoutSlash(process.env.BIOPSIA_API_URL ?? "http://localhost:7860");
}

/**
 * Where browsers find the API for bodies that the site's own host would refuse:
 * `BIOPSIA_PUBLIC_API_URL`, else the same address.
 */
export function publicApiUrl(): string {
  return withoutSlash(process.env.BIOPSIA_PUBLIC_API_URL ?? apiUrl());
}

/** What the API believes the site's word on its visitors' addresses by: `BIOPSIA_SITE_SECRET`. */
export function siteSecret(): string | null {
  return process.env.BIOPSIA_SITE_SECRET || null;
}

/** Proxies in front of the site whose `X-Forwarded-For` counts: `BIOPSIA_SITE_PROXY_HOPS`. */
export function proxyHops(): number {
  return Number(process.env.BIOPSIA_SITE_PROXY_HOPS ?? 0) || 0;
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
