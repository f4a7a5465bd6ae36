import type { QueryClient } from "@tanstack/react-query";
import { hasRecord } from "@/lib/api/has-record";
import { recordQuery } from "@/lib/api/queries";
import type { PredictionResult } from "@/lib/api/schema";
import { forgetEveryName, forgetName, rememberName } from "@/lib/result/file-names";
import { forgetEveryHandle, forgetHandle } from "@/lib/slide/handles";
import { forgetEverySlide, forgetSlide } from "@/lib/slide/opened-slides";

/**
 * What this page alone knows until it is closed: the images as they were chosen. The service keeps
 * small pictures only, and nothing of what is not to be saved.
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
  // Of one with a record the history knows more, its neighbours, and is asked when it is looked at.
  const updatedAt = hasRecord(result) ? 0 : Date.now();
  client.setQueryData(recordQuery(result.id).queryKey, record, { updatedAt });
}

/** The image that led to a result, if it was chosen on this page or shown to it again. */
export function imageOf(id: string): Blob | undefined {
  return images.get(id);
}

/** Keep the image of a result, which the visitor chose now or again. */
export function rememberImage(id: string, image: Blob): void {
  images.set(id, image);
  tell();
}

/** Have a listener called whenever an image is kept or dropped; returns what ends that. */
export function subscribeToImages(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Drop what this page knows of a result that was deleted, so that going back does not draw it. */
export function forgetResult(client: QueryClient, id: string): void {
  images.delete(id);
  forgetSlide(id);
  forgetHandle(id);
  forgetName(id);
  tell();
  client.removeQueries({ queryKey: ["history", "original", id] });
  emptyQueries(client, recordQuery(id).queryKey);
}

/** Drop what this page knows of all results, those too that were not saved. */
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
 * Emptied now, not removed: a page that the server drew brings its data along again when the
 * visitor goes back to it, and that would fill a gap but does not replace what is newer.
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
