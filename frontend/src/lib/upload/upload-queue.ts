import { ApiError, type ErrorCode, errorWithoutResponse } from "@/lib/api/error";
import { retryDelayMs } from "@/lib/api/retry";
import type { Limits, PredictionResult } from "@/lib/api/schema";
import { advance, NO_ANALYSIS } from "@/lib/upload/analysis";
import type { FileFacts, Inspection } from "@/lib/upload/check";
import { type KeptUpload, progressOf } from "@/lib/upload/kept-upload";
import { pause } from "@/lib/upload/pause";
import { questionOf, type ScaleQuestion } from "@/lib/upload/scale";
import type { Send } from "@/lib/upload/sender";
import type { PredictOptions, UploadSettings } from "@/lib/upload/settings";
import {
  type Change,
  isUnderWay,
  NO_UPLOADS,
  type Progress,
  reduce,
  type Upload,
  type Uploads,
} from "@/lib/upload/uploads";

const MAX_AT_ONCE = 3;
/** Width of keys, so that they sort in the order given. */
const KEY_DIGITS = 6;
/** Retries of an upload that arrived but got no result: the image itself may crash the service. */
const MAX_RESENDS: Partial<Record<ErrorCode, number>> = { no_response: 1, interrupted: 3 };

interface Surroundings {
  send: Send;
  /** The service's limits, if already known. */
  limits: () => Limits | null;
  /** Called with each result before the page shows it. */
  onResult: (result: PredictionResult, file: File) => void;
}

/** The files of one page, from choice to verdict; it outlives the component that displays it. */
export class UploadQueue {
  private uploads: Uploads = NO_UPLOADS;
  private nextId = 1;
  private readonly openedAt = Date.now();
  private readonly listeners = new Set<() => void>();
  /** One for each file that is being sent or waits for a retry. */
  private readonly runs = new Map<number, AbortController>();
  private readonly wake = new EventTarget();

  constructor(private readonly surroundings: Surroundings) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly getSnapshot = (): Uploads => this.uploads;

  set(settings: Partial<UploadSettings>): void {
    this.change({ type: "set", settings });
  }

  add(files: readonly File[], options: PredictOptions): void {
    this.addAll(files, options, "if_needed");
  }

  /** Add an image whose scale is always asked for. */
  addAskingScale(file: File, options: Omit<PredictOptions, "micronsPerPixel">): void {
    this.addAll([file], { ...options, micronsPerPixel: null }, "always");
  }

  private addAll(
    files: readonly File[],
    options: PredictOptions,
    scaleAsked: Upload["scaleAsked"],
  ): void {
    const items = files.map((file): Upload => {
      const id = this.nextId++;
      const key = `${this.openedAt}-${String(id).padStart(KEY_DIGITS, "0")}`;
      return { id, key, file, options, scaleAsked, progress: { phase: "checking" } };
    });
    this.begin(items);
  }

  /** Continue with the uploads kept from the previous page; ended ones wait for the visitor. */
  restore(kept: readonly KeptUpload[]): readonly Upload[] {
    const items = kept.map((one): Upload => {
      const { key, file, options, scaleAsked } = one;
      return { id: this.nextId++, key, file, options, scaleAsked, progress: progressOf(one) };
    });
    this.begin(items);
    return items;
  }

  private begin(items: readonly Upload[]): void {
    if (items.length > 0) {
      this.change({ type: "added", items });
    }
    for (const item of items) {
      if (item.progress.phase === "checking") {
        this.check(item);
      }
    }
  }

  /** Restart a failed or cancelled upload. */
  retry(id: number): void {
    const upload = this.find(id);
    if (upload && !isUnderWay(upload.progress)) {
      this.move(id, { phase: "checking" });
      this.check(upload);
    }
  }

  /**
   * State the scale of images that wait for it.
   *
   * @param microns µm per pixel; null: as it was stated before, which the visitor confirms.
   */
  stateScale(ids: readonly number[], microns: number | null): void {
    for (const id of ids) {
      const upload = this.find(id);
      if (upload?.progress.phase === "asking") {
        const micronsPerPixel = microns ?? upload.options.micronsPerPixel;
        this.change({ type: "scaled", id, micronsPerPixel, asked: "settled" });
        this.move(id, { phase: "waiting" });
      }
    }
    this.start();
  }

  /** Analyse an image again, without the scale that it was sent with. */
  askScaleAgain(id: number): void {
    this.change({ type: "scaled", id, micronsPerPixel: null, asked: "always" });
    this.retry(id);
  }

  /** Retry at once: the visitor asks for it, or the connection is back. */
  readonly tryNow = (): void => {
    this.wake.dispatchEvent(new Event("wake"));
  };

  cancel(id: number): void {
    const upload = this.find(id);
    if (upload && isUnderWay(upload.progress)) {
      this.stop(id);
      this.move(id, { phase: "cancelled" });
      this.start();
    }
  }

  show(id: number): void {
    this.change({ type: "shown", id });
  }

  remove(id: number): void {
    this.stop(id);
    this.change({ type: "removed", id });
    this.start();
  }

  clear(): void {
    for (const { id } of this.uploads.items) {
      this.stop(id);
    }
    this.change({ type: "cleared" });
  }

  private async check({ id, file }: Upload): Promise<void> {
    const inspection = await inspected(file, this.surroundings.limits());
    const upload = this.find(id);
    if (upload?.progress.phase === "checking") {
      this.move(id, progressAfter(inspection, upload));
      this.start();
    }
  }

  private start(): void {
    for (const upload of this.uploads.items) {
      if (this.runs.size < MAX_AT_ONCE && upload.progress.phase === "waiting") {
        this.run(upload);
      }
    }
  }

  private stop(id: number): void {
    this.runs.get(id)?.abort();
    this.runs.delete(id);
  }

  private async run(upload: Upload): Promise<void> {
    const controller = new AbortController();
    this.runs.set(upload.id, controller);
    const end = await this.sendUntilDone(upload, controller.signal);
    if (controller.signal.aborted) {
      return;
    }
    this.runs.delete(upload.id);
    if (end.phase === "done") {
      this.surroundings.onResult(end.result, upload.file);
    }
    this.move(upload.id, end);
    this.start();
  }

  /** An unreachable service may take minutes to start, so only the visitor ends the retries. */
  private async sendUntilDone(upload: Upload, signal: AbortSignal): Promise<Progress> {
    const resends = new Map<ErrorCode, number>();
    for (let failures = 0; ; failures++) {
      try {
        return { phase: "done", result: await this.sendOnce(upload, signal) };
      } catch (error) {
        if (signal.aborted || !mayPass(error, resends)) {
          return { phase: "failed", error };
        }
        const delay = retryDelayMs(failures, error);
        this.move(upload.id, { phase: "pausing", error, nextTryAt: Date.now() + delay });
        await pause(delay, this.wake, signal);
      }
      if (signal.aborted) {
        return { phase: "cancelled" };
      }
    }
  }

  private sendOnce({ id, file, options }: Upload, signal: AbortSignal): Promise<PredictionResult> {
    let analysis = NO_ANALYSIS;
    const move = (progress: Progress) => {
      if (!signal.aborted) {
        this.move(id, progress);
      }
    };
    move({ phase: "uploading", share: 0 });
    return this.surroundings.send(file, options, {
      signal,
      onProgress: (share) =>
        move(share < 1 ? { phase: "uploading", share } : { phase: "analysing", analysis }),
      onEvents: (events) => {
        const now = performance.now();
        analysis = events.reduce((known, event) => advance(known, event, now), analysis);
        move({ phase: "analysing", analysis });
      },
    });
  }

  private find(id: number): Upload | undefined {
    return this.uploads.items.find((upload) => upload.id === id);
  }

  private move(id: number, progress: Progress): void {
    this.change({ type: "moved", id, progress });
  }

  private change(change: Change): void {
    this.uploads = reduce(this.uploads, change);
    for (const listener of this.listeners) {
      listener();
    }
  }
}

/** Loaded with the first file, because home does not need it. */
async function inspected(file: File, limits: Limits | null): Promise<Inspection> {
  const check = await import("@/lib/upload/check").catch(() => null);
  return check ? check.inspectFile(file, limits) : { error: errorWithoutResponse() };
}

/** Only readable files are sent, and images larger than a patch only with their scale. */
function progressAfter(inspection: Inspection, upload: Upload): Progress {
  if (inspection.error) {
    return { phase: "failed", error: inspection.error };
  }
  const { facts } = inspection;
  const question = questionFor(upload, facts);
  return question ? { phase: "asking", question, facts } : { phase: "waiting" };
}

function questionFor({ scaleAsked, options }: Upload, facts: FileFacts): ScaleQuestion | null {
  if (scaleAsked === "settled") {
    return null;
  }
  const question = questionOf(facts, options.micronsPerPixel);
  return scaleAsked === "always" ? (question ?? "unknown") : question;
}

/** Whether a retry may succeed; counts the errors that are retried only a few times. */
function mayPass(error: unknown, resends: Map<ErrorCode, number>): error is ApiError {
  if (!(error instanceof ApiError)) {
    return false;
  }
  const times = (resends.get(error.code) ?? 0) + 1;
  resends.set(error.code, times);
  return error.isTransient || times <= (MAX_RESENDS[error.code] ?? 0);
}
