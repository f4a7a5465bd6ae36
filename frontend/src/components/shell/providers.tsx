"use client";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useState } from "react";
import { retryDelayMs, shouldRetry } from "@/lib/api/retry";

const PublicApiUrl = createContext("");

/** Where this browser finds the API for bodies too large for the site's own host. */
export function usePublicApiUrl(): string {
  return useContext(PublicApiUrl);
}

interface ProvidersProps {
  publicApiUrl: string;
  children: ReactNode;
}

export function Providers({ publicApiUrl, children }: ProvidersProps) {
  const [client] = useState(newClient);
  return (
    <PublicApiUrl value={publicApiUrl}>
      <QueryClientProvider client={client}>{children}</QueryClientProvider>
    </PublicApiUrl>
  );
}

function newClient(): QueryClient {
  const client = new QueryClient({
    defaultOptions: {
      // Asked offline too: a question that waits silently looks like a response that never comes.
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
  // A result that was not saved is nowhere but here, and stays until the page is closed.
  client.setQueryDefaults(["history", "record"], { gcTime: Number.POSITIVE_INFINITY });
  return client;
}
