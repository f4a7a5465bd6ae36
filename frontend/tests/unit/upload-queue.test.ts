import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "@/lib/api/error";
import type { PredictionResult } from "@/lib/api/schema";
import { type KeptUpload, keptOf } from "@/lib/upload/kept-upload";
import type { Send } from "@/lib/upload/sender";
import type { ProgressEvent } from "@/lib/upload/stream-event";
import { UploadQueue } from "@/lib/upload/upload-queue";
// The queue loads it with its first file; here that must not take a test's turns.
import "@/lib/upload/check";
import { askingFor } from "@/lib/upload/uploads";
import { IMAGE_EVENT, tissueEvent } from "./stream-fixtures";

const OPTIONS = { operatingPoint: null, micronsPerPixel: null, save: true };
const PATCH = readFileSync("public/samples/drawn_loose.png");
const REGION = readFileSync("public/samples/drawn_region.png");
const UNREACHABLE = new ApiError("unreachable", "no response");

function image(name: string): File {
  return new File([PATCH], name);
}

function region(name: string): File {
  return new File([REGION], name);
}

function resultFor(id: string): PredictionResult {
  return { id } as PredictionResult;
}

/** A service whose results the test gives, one by one. */
function bench() {
  const calls: {
    finish: (id: string) => void;
    fail: (error: unknown) => void;
    tell: (...events: ProgressEvent[]) => void;
  }[] = [];
  const signals: AbortSignal[] = [];
  const finished: string[] = [];
  const send: Send = (_file, _options, { signal, onEvents }) => {
    signals.push(signal);
    return new Promise((resolve, reject) => {
      const finish = (id: string) => resolve(resultFor(id));
      calls.push({ finish, fail: reject, tell: (...events) => onEvents(events) });
    });
  };
  const queue = new UploadQueue({
    send,
    limits: () => null,
    onResult: ({ id }, file) => finished.push(`${id} for ${file.name}`),
  });
  const phases = () => queue.getSnapshot().items.map(({ progress }) => progress.phase);
  return { queue, calls, signals, finished, phases };
}

/** Lets everything that is already decided happen; reading a file takes a few turns. */
async function settle(condition: () => void): Promise<void> {
  for (let turn = 0; turn < 500; turn++) {
    try {
      return condition();
    } catch {
      await new Promise(setImmediate);
    }
  }
  condition();
}

describe("the queue of uploads", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("sends three at once, and the next as soon as one is answered", async () => {
    const { queue, calls, phases, finished } = bench();
    queue.add(["a", "b", "c", "d"].map(image), OPTIONS);
    expect(phases()).toEqual(["checking", "checking", "checking", "checking"]);
    await settle(() =>
      expect(phases()).toEqual(["uploading", "uploading", "uploading", "waiting"]),
    );
    calls[1]?.finish("1");
    await settle(() => expect(phases()).toEqual(["uploading", "done", "uploading", "uploading"]));
    expect(finished).toEqual(["1 for b"]);
  });

  it("sends nothing of what is no image, and all of the others", async () => {
    const { queue, calls, phases } = bench();
    queue.add([new File(["text"], "text.png"), image("a")], OPTIONS);
    await settle(() => expect(phases()).toEqual(["failed", "uploading"]));
    expect(calls).toHaveLength(1);
  });

  it("sends nothing larger than a patch before its scale is stated, once for all", async () => {
    const { queue, calls, phases } = bench();
    queue.add([region("a"), image("patch"), region("b")], OPTIONS);
    await settle(() => expect(phases()).toEqual(["asking", "uploading", "asking"]));
    expect(calls).toHaveLength(1);
    const asked = askingFor(queue.getSnapshot(), "unknown").map(({ id }) => id);
    queue.stateScale(asked, 0.5);
    await settle(() => expect(phases()).toEqual(["uploading", "uploading", "uploading"]));
    const scales = queue.getSnapshot().items.map(({ options }) => options.micronsPerPixel);
    expect(scales).toEqual([0.5, null, 0.5]);
  });

  it("asks again for the scale of what was sent, and not after a mere failure", async () => {
    const { queue, calls, phases } = bench();
    queue.add([region("a")], OPTIONS);
    await settle(() => expect(phases()).toEqual(["asking"]));
    queue.stateScale([1], 4);
    await settle(() => expect(calls).toHaveLength(1));
    calls[0]?.fail(new ApiError("internal_error", ""));
    await settle(() => expect(phases()).toEqual(["failed"]));
    queue.retry(1);
    await settle(() => expect(calls).toHaveLength(2));
    calls[1]?.finish("1");
    await settle(() => expect(phases()).toEqual(["done"]));
    queue.askScaleAgain(1);
    await settle(() => expect(phases()).toEqual(["asking"]));
    expect(calls).toHaveLength(2);
  });

  it("sends a large image at the scale that was set for it", async () => {
    const { queue, phases } = bench();
    queue.add([region("a")], { ...OPTIONS, micronsPerPixel: 0.5 });
    await settle(() => expect(phases()).toEqual(["uploading"]));
  });

  it("tries again by itself, longer and longer, until the service is back", async () => {
    const { queue, calls, phases } = bench();
    queue.add([image("a")], OPTIONS);
    await settle(() => expect(calls).toHaveLength(1));
    for (const [failures, seconds] of [1, 2, 4, 8, 16, 30, 30].entries()) {
      calls[failures]?.fail(UNREACHABLE);
      await settle(() => expect(phases()).toEqual(["pausing"]));
      await vi.advanceTimersByTimeAsync(1000 * seconds - 1);
      expect(calls).toHaveLength(failures + 1);
      await vi.advanceTimersByTimeAsync(1);
      expect(calls).toHaveLength(failures + 2);
    }
    calls.at(-1)?.finish("1");
    await settle(() => expect(phases()).toEqual(["done"]));
  });

  it("tries at once when the connection is back", async () => {
    const { queue, calls, phases } = bench();
    queue.add([image("a")], OPTIONS);
    await settle(() => expect(calls).toHaveLength(1));
    calls[0]?.fail(UNREACHABLE);
    await settle(() => expect(phases()).toEqual(["pausing"]));
    queue.tryNow();
    await settle(() => expect(calls).toHaveLength(2));
  });

  it("sends once more what arrived and got no response, then waits to be asked", async () => {
    const withoutResponse = new ApiError("no_response", "no response in time");
    const { queue, calls, phases } = bench();
    queue.add([image("a")], OPTIONS);
    for (const [sent, error] of [withoutResponse, UNREACHABLE, withoutResponse].entries()) {
      await settle(() => expect(calls).toHaveLength(sent + 1));
      calls[sent]?.fail(error);
      await settle(() => expect(phases()).not.toEqual(["uploading"]));
      await vi.advanceTimersByTimeAsync(30_000);
    }
    expect(phases()).toEqual(["failed"]);
    expect(calls).toHaveLength(3);
    queue.retry(1);
    await settle(() => expect(calls).toHaveLength(4));
    calls[3]?.fail(withoutResponse);
    await settle(() => expect(phases()).toEqual(["pausing"]));
  });

  it("shows what is known of an image while it is read", async () => {
    const { queue, calls } = bench();
    queue.add([region("a")], { ...OPTIONS, micronsPerPixel: 4 });
    await settle(() => expect(calls).toHaveLength(1));
    calls[0]?.tell(IMAGE_EVENT, tissueEvent([[true, true, false]]));
    calls[0]?.tell({ event: "tiles", tiles: [[0, 1, 0.75]], done: 1, total: 2 });
    const progress = queue.getSnapshot().items[0]?.progress;
    expect(progress).toMatchObject({
      phase: "analysing",
      analysis: { image: IMAGE_EVENT, tiles: [[null, 0.75, null]], done: 1 },
    });
  });

  it("starts anew what was cut off, three times, then waits to be asked", async () => {
    const cut = new ApiError("interrupted", "cut");
    const { queue, calls, phases } = bench();
    queue.add([image("a")], OPTIONS);
    for (let sent = 1; sent <= 4; sent++) {
      await settle(() => expect(calls).toHaveLength(sent));
      calls[sent - 1]?.tell(IMAGE_EVENT);
      expect(phases()).toEqual(["analysing"]);
      calls[sent - 1]?.fail(cut);
      await settle(() => expect(phases()).toEqual([sent < 4 ? "pausing" : "failed"]));
      await vi.advanceTimersByTimeAsync(30_000);
    }
    expect(calls).toHaveLength(4);
  });

  it("goes on with what was kept: on its way, failed or cancelled", async () => {
    const before = bench();
    const bad = new File(["text"], "text.png");
    before.queue.add([bad, image("a"), image("b"), region("c")], OPTIONS);
    await settle(() =>
      expect(before.phases()).toEqual(["failed", "uploading", "uploading", "asking"]),
    );
    before.queue.cancel(2);
    const kept = before.queue.getSnapshot().items.map(keptOf) as KeptUpload[];
    const after = bench();
    after.queue.restore(structuredClone(kept));
    await settle(() =>
      expect(after.phases()).toEqual(["failed", "cancelled", "uploading", "asking"]),
    );
    const [failed] = after.queue.getSnapshot().items;
    const error = failed?.progress.phase === "failed" ? failed.progress.error : null;
    expect(error).toMatchObject({ code: "unsupported_image", isOfFile: true });
    expect(after.queue.getSnapshot().items.map(({ key }) => key)).toEqual(
      kept.map(({ key }) => key),
    );
    after.queue.retry(2);
    await settle(() => expect(after.phases()[1]).toBe("uploading"));
  });

  it("gives up on what will not change, until it is asked again", async () => {
    const { queue, calls, phases } = bench();
    queue.add([image("a")], OPTIONS);
    await settle(() => expect(calls).toHaveLength(1));
    calls[0]?.fail(new ApiError("corrupt_image", ""));
    await settle(() => expect(phases()).toEqual(["failed"]));
    queue.retry(1);
    await settle(() => expect(phases()).toEqual(["uploading"]));
    calls[1]?.finish("1");
    await settle(() => expect(phases()).toEqual(["done"]));
  });

  it("cancels what is under way, makes room, and takes no late result", async () => {
    const { queue, calls, signals, phases, finished } = bench();
    queue.add(["a", "b", "c", "d"].map(image), OPTIONS);
    await settle(() => expect(calls).toHaveLength(3));
    queue.cancel(1);
    await settle(() =>
      expect(phases()).toEqual(["cancelled", "uploading", "uploading", "uploading"]),
    );
    expect(signals[0]?.aborted).toBe(true);
    calls[0]?.finish("late");
    calls[1]?.finish("2");
    await settle(() => expect(finished).toEqual(["2 for b"]));
    expect(phases()[0]).toBe("cancelled");
  });

  it("cancels what waits for its next try", async () => {
    const { queue, calls, phases } = bench();
    queue.add([image("a")], OPTIONS);
    await settle(() => expect(calls).toHaveLength(1));
    calls[0]?.fail(UNREACHABLE);
    await settle(() => expect(phases()).toEqual(["pausing"]));
    queue.cancel(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(calls).toHaveLength(1);
    expect(phases()).toEqual(["cancelled"]);
  });

  it("ends everything when it is cleared", async () => {
    const { queue, calls, signals } = bench();
    queue.add(["a", "b"].map(image), OPTIONS);
    await settle(() => expect(calls).toHaveLength(2));
    queue.clear();
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
    expect(queue.getSnapshot().items).toEqual([]);
  });
});
