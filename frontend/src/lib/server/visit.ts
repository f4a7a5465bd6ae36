import { cookies, headers } from "next/headers";
import { ZONE_COOKIE, zoneOf } from "@/lib/dates/zone";

/** The API's cookie, which the site forwards. */
export const VISITOR_COOKIE = "__Host-biopsia-visitor";

/** Whether the browser has a history: a visitor gets their cookie with the first saved result. */
export async function hasHistory(): Promise<boolean> {
  return (await cookies()).has(VISITOR_COOKIE);
}

/** The time zone of the visitor's device; null until a page has stored it. */
export async function visitorZone(): Promise<string | null> {
  return zoneOf((await cookies()).get(ZONE_COOKIE)?.value);
}

/**
 * Whether the browser opens the site with this page. A site that is already open has the data or
 * fetches them, and a result that was not saved cannot be fetched.
 */
export async function isFirstPage(): Promise<boolean> {
  return (await headers()).get("sec-fetch-dest") !== "empty";
}
