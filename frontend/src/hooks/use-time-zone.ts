"use client";

import { createContext, useContext, useSyncExternalStore } from "react";

/** The time zone that this device had when it last was on the site, as far as the server knows it. */
export const KnownTimeZone = createContext<string | null>(null);

/** The IANA name of this device's time zone; null while only the server could, and does not, know it. */
export function useTimeZone(): string | null {
  const known = useContext(KnownTimeZone);
  return useSyncExternalStore(never, zoneOfDevice, () => known);
}

let found: string | null = null;

export function zoneOfDevice(): string {
  // React asks at every turn, and to find it takes a slow phone a millisecond.
  found ??= Intl.DateTimeFormat().resolvedOptions().timeZone;
  return found;
}

function never(): () => void {
  return () => undefined;
}
