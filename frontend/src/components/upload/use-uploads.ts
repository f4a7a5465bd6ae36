"use client";

import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { usePublicApiUrl } from "@/components/shell/providers";
import { send } from "@/lib/api/client";
import { errorWithoutResponse } from "@/lib/api/error";
import { modelQuery } from "@/lib/api/queries";
import { rememberResult } from "@/lib/result/session";
import { hasTabName } from "@/lib/upload/tab";
import { UploadQueue } from "@/lib/upload/upload-queue";
import type { Uploads } from "@/lib/upload/uploads";
import { type Ticket, Visit } from "@/lib/upload/visit";

/** A page's uploads, which continue while the visitor looks at a result. */
const queues = new WeakMap<QueryClient, UploadQueue>();

export function useUploads(): [Uploads, UploadQueue] {
  const client = useQueryClient();
  const publicApiUrl = usePublicApiUrl();
  const queue = queues.get(client) ?? newQueue(client, publicApiUrl);
  queues.set(client, queue);
  const uploads = useSyncExternalStore(queue.subscribe, queue.getSnapshot, queue.getSnapshot);
  return [uploads, queue];
}

/** The code that sends images and reads responses; loaded on demand, with retries. */
function loadSender() {
  return import("@/lib/upload/sender").catch(() => {
    throw errorWithoutResponse();
  });
}

function newQueue(client: QueryClient, publicApiUrl: string): UploadQueue {
  const visit = new Visit(() => send<Ticket>("POST", "/tickets"));
  const queue = new UploadQueue({
    send: async (...image) => (await loadSender()).sender(publicApiUrl, visit)(...image),
    limits: () => client.getQueryData(modelQuery.queryKey)?.limits ?? null,
    onResult: (result, file) => {
      rememberResult(client, result, file);
      if (result.saved) {
        client.invalidateQueries({ queryKey: ["history", "page"] });
        client.invalidateQueries({ queryKey: ["history", "statistics"] });
      }
    },
  });
  if (typeof window !== "undefined") {
    window.addEventListener("online", queue.tryNow);
    loadWhenUsed(queue);
  }
  return queue;
}

/** Loaded with the first file, or at once if a reload may have left some; home does not need it. */
function loadWhenUsed(queue: UploadQueue): void {
  const load = () => {
    end();
    loadSender().catch(() => undefined);
    import("@/lib/upload/keep-uploads")
      .then(({ keepUploads }) => keepUploads(queue))
      .catch(() => undefined);
  };
  const end = queue.subscribe(() => queue.getSnapshot().items.length > 0 && load());
  if (hasTabName()) {
    load();
  }
}
