"use client";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { KnownTimeZone, zoneOfDevice } from "@/hooks/use-time-zone";
import { retryDelayMs, shouldRetry } from "@/lib/api/retry";
import { ZONE_COOKIE } from "@/lib/dates/zone";
import { remember } from "@/lib/preferences";

const PublicApiUrl = createContext("");

/** Where this browser finds the API for bodies too large for the site's own host. */
export function usePublicApiUrl(): string {
  return useContext(PublicApiUrl);
}

interface ProvidersProps {
  publicApiUrl: string;
  /** From a cookie of an earlier visit. */
  timeZone: string | null;
  /** Whether to keep that cookie: nothing is stored for a visitor who has saved nothing. */
  hasHistory: boolean;
  children: ReactNode;
}

export function Providers({ publicApiUrl, timeZone, hasHistory, children }: ProvidersProps) {
  const [client] = useState(newClient);
  useEffect(() => {
    if (hasHistory && zoneOfDevice() !== timeZone) {
      remember(ZONE_COOKIE, zoneOfDevice());
    }
  }, [timeZone, hasHistory]);
  return (
    <PublicApiUrl value={publicApiUrl}>
      <KnownTimeZone value={timeZone}>
        <QueryClientProvider client={client}>{children}</QueryClientProvider>
      </KnownTimeZone>
    </PublicApiUrl>
  );
}

function newClient(): QueryClient {
  const client = new QueryClient({
    defaultOptions: {
      // Requests are sent offline too: one that waits silently would look like a missing response.
      queries: {
        networkMode: "always",
        refetchOnReconnect: true,
        retry: shouldRetry,
        retryDelay: retryDelayMs,
        staleTime: 10_000,
      },
      mutations: { networkMode: "always" },
    },
  });
  // A result that was not saved exists only here, and is kept until the page is closed.
  client.setQueryDefaults(["history", "record"], { gcTime: Number.POSITIVE_INFINITY });
  // Emptied entries are kept too: data rendered by the server may come back with their page.
  client.setQueryDefaults(["history", "statistics"], { gcTime: Number.POSITIVE_INFINITY });
  return client;
}
