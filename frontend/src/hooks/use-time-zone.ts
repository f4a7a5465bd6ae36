"use client";

import { useSyncExternalStore } from "react";

/** The IANA name of this device's time zone; null on the server, which cannot know it. */
export function useTimeZone(): string | null {
  return useSyncExternalStore(never, zoneOfDevice, nowhere);
}

function zoneOfDevice(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function nowhere(): null {
  return null;
}

function never(): () => void {
  return () => undefined;
}
