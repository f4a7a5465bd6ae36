/**
 * The device's time zone in a cookie, so that the server uses the same days and times as the
 * device.
 */
export const ZONE_COOKIE = "biopsia-zone";

const LONGEST_NAME = 64;

/** The IANA name in a cookie; null if it is not a time zone. */
export function zoneOf(cookie: string | undefined): string | null {
  if (!cookie || cookie.length > LONGEST_NAME) {
    return null;
  }
  try {
    Intl.DateTimeFormat("en", { timeZone: cookie });
    return cookie;
  } catch {
    return null;
  }
}
