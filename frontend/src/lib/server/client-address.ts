import { proxyHops, siteSecret } from "@/lib/settings";

/** Header for the signed address. */
export const SITE_HEADER = "X-Biopsia-Client";

/**
 * The visitor's address, signed for the API, which would otherwise count all visitors of the site
 * as one.
 *
 * @returns `1764430000 203.0.113.7 SIGNATURE`, with Unix seconds and the HMAC-SHA256 of both in
 * hexadecimal digits; null without a secret, or if no trusted proxy states the address.
 */
export async function signedAddress(headers: Headers): Promise<string | null> {
  const [secret, address] = [siteSecret(), addressOf(headers, proxyHops())];
  if (!secret || !address) {
    return null;
  }
  const stated = `${Math.floor(Date.now() / 1000)} ${address}`;
  return `${stated} ${await hmac(secret, stated)}`;
}

/** Each proxy appends its client's address; earlier entries can be forged by the client. */
export function addressOf(headers: Headers, hops: number): string | null {
  const entries = (headers.get("X-Forwarded-For") ?? "").split(",").map((entry) => entry.trim());
  return (hops > 0 && entries.at(-Math.min(hops, entries.length))) || null;
}

async function hmac(secret: string, text: string): Promise<string> {
  const encoder = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, [
    "sign",
  ]);
  const signature = await crypto.subtle.sign(algorithm.name, key, encoder.encode(text));
  return Array.from(new Uint8Array(signature), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
}
