/**
 * The site's environment. Variables are read only in this file, when the server starts or a request
 * needs them, so that one build runs anywhere.
 */

// As in the API's settings.
const SECRET_LENGTH = 32;

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

/** Secret with which the site signs its visitors' addresses for the API: `BIOPSIA_SITE_SECRET`. */
export function siteSecret(): string | null {
  return process.env.BIOPSIA_SITE_SECRET || null;
}

/** Number of trusted proxies in front of the site: `BIOPSIA_SITE_PROXY_HOPS`. */
export function proxyHops(): number {
  return Number(process.env.BIOPSIA_SITE_PROXY_HOPS || 0);
}

/** A line for each variable whose value is invalid or has no effect. */
export function settingFaults(): string[] {
  const [hops, secret] = [proxyHops(), siteSecret()];
  const faults = [
    ...addressFaults("BIOPSIA_API_URL"),
    ...addressFaults("BIOPSIA_PUBLIC_API_URL"),
    ...(Number.isInteger(hops) && hops >= 0
      ? []
      : ["BIOPSIA_SITE_PROXY_HOPS: write a whole number, 0 or more"]),
  ];
  if (secret && secret.length < SECRET_LENGTH) {
    faults.push(`BIOPSIA_SITE_SECRET: write ${SECRET_LENGTH} characters or more`);
  }
  if (secret && hops === 0) {
    faults.push(
      "BIOPSIA_SITE_SECRET: does nothing without BIOPSIA_SITE_PROXY_HOPS, the number of proxies " +
        "in front of the site",
    );
  }
  return faults;
}

function addressFaults(name: string): string[] {
  const url = process.env[name];
  return url === undefined || (/^https?:/i.test(url) && URL.canParse(url))
    ? []
    : [`${name}: write an address that begins with http:// or https://`];
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
