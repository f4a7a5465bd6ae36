import type { ApiError } from "@/lib/api/error";
import type { PredictionResult } from "@/lib/api/schema";
import type { Analysis } from "@/lib/upload/analysis";
import type { FileFacts } from "@/lib/upload/check";
import type { ScaleQuestion } from "@/lib/upload/scale";
import { FIRST_SETTINGS, type PredictOptions, type UploadSettings } from "@/lib/upload/settings";

/** The state of one file. */
export type Progress =
  | { phase: "checking" | "waiting" | "cancelled" }
  /** Waits for the visitor to state or confirm the scale. */
  | { phase: "asking"; question: ScaleQuestion; facts: FileFacts }
  | { phase: "uploading"; share: number }
  | { phase: "analysing"; analysis: Analysis }
  /** The service is unreachable or busy; `nextTryAt` in milliseconds of `Date.now`. */
  | { phase: "pausing"; error: ApiError; nextTryAt: number }
  | { phase: "failed"; error: unknown }
  | { phase: "done"; result: PredictionResult };

export interface Upload {
  id: number;
  /** Its unique key in this browser's storage. */
  key: string;
  file: File;
  options: PredictOptions;
  /** Whether the scale is asked for only if needed, always, or was stated on request. */
  scaleAsked: "if_needed" | "always" | "settled";
  progress: Progress;
}

/** An upload that waits for its scale. */
export type AskingUpload = Upload & { progress: Extract<Progress, { phase: "asking" }> };

export interface Uploads {
  settings: UploadSettings;
  items: readonly Upload[];
  /** The upload shown large. */
  shownId: number | null;
  /** The last one that ended, with or without a result, for screen readers. */
  endedId: number | null;
}

export const NO_UPLOADS: Uploads = {
  settings: FIRST_SETTINGS,
  items: [],
  shownId: null,
  endedId: null,
};

export type Change =
  | { type: "set"; settings: Partial<UploadSettings> }
  | { type: "added"; items: readonly Upload[] }
  | { type: "moved"; id: number; progress: Progress }
  | { type: "scaled"; id: number; micronsPerPixel: number | null; asked: Upload["scaleAsked"] }
  | { type: "shown"; id: number }
  | { type: "removed"; id: number }
  | { type: "cleared" };

export function reduce(uploads: Uploads, change: Change): Uploads {
  switch (change.type) {
    case "set":
      return { ...uploads, settings: { ...uploads.settings, ...change.settings } };
    case "added":
      return added(uploads, change.items);
    case "moved":
      return moved(uploads, change.id, change.progress);
    case "scaled":
      return scaled(uploads, change);
    case "shown":
      return { ...uploads, shownId: change.id };
    case "removed":
      return removed(uploads, change.id);
    case "cleared":
      return { ...NO_UPLOADS, settings: uploads.settings };
  }
}

/** Whether a file is in progress, so that it can be cancelled. */
export function isUnderWay({ phase }: Progress): boolean {
  return phase !== "done" && phase !== "failed" && phase !== "cancelled";
}

/** The results so far. */
export function resultsOf({ items }: Pick<Uploads, "items">): readonly PredictionResult[] {
  return items.flatMap(({ progress }) => (progress.phase === "done" ? [progress.result] : []));
}

/** The uploads that wait for their scale for the same reason. */
export function askingFor(
  { items }: Pick<Uploads, "items">,
  question: ScaleQuestion,
): readonly AskingUpload[] {
  return items.filter(
    (item): item is AskingUpload =>
      item.progress.phase === "asking" && item.progress.question === question,
  );
}

/** A single added file is shown large; of several none is. */
function added(uploads: Uploads, items: readonly Upload[]): Uploads {
  const [only, ...others] = items;
  const shownId = only && others.length === 0 ? only.id : null;
  return { ...uploads, items: [...uploads.items, ...items], shownId };
}

function moved(uploads: Uploads, id: number, progress: Progress): Uploads {
  const items = uploads.items.map((item) => (item.id === id ? { ...item, progress } : item));
  const hasEnded = progress.phase === "done" || progress.phase === "failed";
  return { ...uploads, items, endedId: hasEnded ? id : uploads.endedId };
}

function scaled(
  uploads: Uploads,
  { id, micronsPerPixel, asked }: Extract<Change, { type: "scaled" }>,
): Uploads {
  const items = uploads.items.map((item) =>
    item.id === id
      ? { ...item, options: { ...item.options, micronsPerPixel }, scaleAsked: asked }
      : item,
  );
  return { ...uploads, items };
}

function removed(uploads: Uploads, id: number): Uploads {
  const items = uploads.items.filter((item) => item.id !== id);
  const [only, ...others] = items;
  const shownId = uploads.shownId === id ? null : uploads.shownId;
  return { ...uploads, items, shownId: only && others.length === 0 ? only.id : shownId };
}
