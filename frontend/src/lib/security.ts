/** The security headers of the site's pages. */

export interface PolicyParts {
  nonce: string;
  /** Origin of the API, where large uploads go. */
  apiOrigin: string;
  isDevelopment: boolean;
}

/**
 * The content security policy of a page.
 *
 * Scripts run by nonce only. Styles may be inline: charts place their parts by style attributes.
 */
export function contentSecurityPolicy({ nonce, apiOrigin, isDevelopment }: PolicyParts): string {
  // React's development build rebuilds stack traces with eval.
  const scripts = `'self' 'nonce-${nonce}' 'strict-dynamic'${isDevelopment ? " 'unsafe-eval'" : ""}`;
  const directives: Record<string, string> = {
    "default-src": "'self'",
    "script-src": scripts,
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' blob: data:",
    "font-src": "'self'",
    // The worker that reads slides starts from a blob made by the page.
    "worker-src": "'self' blob:",
    "connect-src": `'self' ${apiOrigin}${isDevelopment ? " ws:" : ""}`,
    "media-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
  };
  return Object.entries(directives)
    .map(([name, sources]) => `${name} ${sources}`)
    .join("; ");
}

/** Headers of every page, in addition to the policy. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "same-origin",
  "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), browsing-topics=()",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
};
