import type { QueryClient } from "@tanstack/react-query";
import { hasRecord } from "@/lib/api/has-record";
import { recordQuery } from "@/lib/api/queries";
import type { PredictionResult } from "@/lib/api/schema";
import { forgetEveryName, forgetName, rememberName } from "@/lib/result/file-names";
import { forgetEveryHandle, forgetHandle } from "@/lib/slide/handles";
import { forgetEverySlide, forgetSlide } from "@/lib/slide/opened-slides";

/**
 * The chosen images, kept in this page until it is closed. The service stores only thumbnails, and
 * nothing of results that are not saved.
 */
const images = new Map<string, Blob>();
const listeners = new Set<() => void>();

/** Keep a new result and its image for the result's page. */
export function rememberResult(client: QueryClient, result: PredictionResult, image: Blob): void {
  rememberImage(result.id, image);
  if (image instanceof File && hasRecord(result)) {
    rememberName(result.id, image.name);
  }
  const record = {
    result,
    case_label: null,
    folder: null,
    reviews: [],
    has_original: false,
    newer_id: null,
    older_id: null,
  };
  // For a result with a record the history also has the neighbours, so it is fetched when viewed.
  const updatedAt = hasRecord(result) ? 0 : Date.now();
  client.setQueryData(recordQuery(result.id).queryKey, record, { updatedAt });
}

/** The image of a result, if it was chosen on this page, now or again. */
export function imageOf(id: string): Blob | undefined {
  return images.get(id);
}

/** Keep the image of a result that the visitor chose, now or again. */
export function rememberImage(id: string, image: Blob): void {
  images.set(id, image);
  tell();
}

/** Call a listener whenever an image is kept or dropped; returns a function that ends this. */
export function subscribeToImages(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Drop this page's data of a deleted result, so that going back does not show it. */
export function forgetResult(client: QueryClient, id: string): void {
  images.delete(id);
  forgetSlide(id);
  forgetHandle(id);
  forgetName(id);
  tell();
  client.removeQueries({ queryKey: ["history", "original", id] });
  emptyQueries(client, recordQuery(id).queryKey);
}

/** Drop this page's data of all results, including those that were not saved. */
export function forgetEveryResult(client: QueryClient): void {
  images.clear();
  forgetEverySlide();
  forgetEveryHandle();
  forgetEveryName();
  tell();
  client.removeQueries({ queryKey: ["history", "original"] });
  emptyQueries(client, ["history", "record"]);
  emptyQueries(client, ["history", "statistics"]);
}

/**
 * Emptied instead of removed: when the visitor goes back to a page drawn by the server, its data
 * come back. They would fill a missing entry, but do not replace a newer one.
 */
function emptyQueries(client: QueryClient, queryKey: readonly unknown[]): void {
  for (const query of client.getQueryCache().findAll({ queryKey })) {
    query.setState({ data: undefined, dataUpdatedAt: Date.now(), status: "pending" });
  }
}

function tell(): void {
  for (const listener of listeners) {
    listener();
  }
}
