"use client";

import { createContext, useContext, useSyncExternalStore } from "react";

/** The device's time zone at its last visit, if the server knows it. */
export const KnownTimeZone = createContext<string | null>(null);

/** The IANA name of this device's time zone; null on a server that does not know it. */
export function useTimeZone(): string | null {
  const known = useContext(KnownTimeZone);
  return useSyncExternalStore(never, zoneOfDevice, () => known);
}

let found: string | null = null;

export function zoneOfDevice(): string {
  // React asks at every render, and finding it takes a slow phone a millisecond.
  found ??= Intl.DateTimeFormat().resolvedOptions().timeZone;
  return found;
}

function never(): () => void {
  return () => undefined;
}
