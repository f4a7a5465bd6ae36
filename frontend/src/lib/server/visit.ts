import { cookies, headers } from "next/headers";
import { ZONE_COOKIE, zoneOf } from "@/lib/dates/zone";

/** The time zone of the visitor's device; null on its first visit. */
export async function visitorZone(): Promise<string | null> {
  return zoneOf((await cookies()).get(ZONE_COOKIE)?.value);
}

/**
 * Whether the browser opens the site with this page. One that is open already has what it shows, or
 * asks for it; and a result that was not saved cannot be asked for.
 */
export async function isFirstPage(): Promise<boolean> {
  return (await headers()).get("sec-fetch-dest") !== "empty";
}
