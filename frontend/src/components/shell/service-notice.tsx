"use client";

import { onlineManager, useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useSyncExternalStore } from "react";
import { healthQuery } from "@/lib/api/queries";

/** One line under the header while the device, the service, or its history, is unavailable. */
export function ServiceNotice() {
  const t = useTranslations("common");
  const { data, isError, failureCount } = useQuery(healthQuery);
  const isOnline = useSyncExternalStore(
    subscribe,
    () => onlineManager.isOnline(),
    () => true,
  );
  const text = isOnline ? noticeOf(data?.status, isError || failureCount > 1) : "device_offline";
  return (
    <div role="status" className="print:hidden">
      {text && (
        <p className="border-b bg-uncertain-soft px-4 py-2 text-center text-sm">{t(text)}</p>
      )}
    </div>
  );
}

function subscribe(onChange: () => void): () => void {
  return onlineManager.subscribe(onChange);
}

function noticeOf(
  status: "ok" | "degraded" | "unavailable" | undefined,
  failed: boolean,
): "service_unavailable" | "degraded" | null {
  if (failed || status === "unavailable") {
    return "service_unavailable";
  }
  return status === "degraded" ? "degraded" : null;
}
