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

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
