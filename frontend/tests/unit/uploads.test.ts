import { describe, expect, it } from "vitest";
import { ApiError } from "@/lib/api/error";
import { isUnderWay, NO_UPLOADS, reduce, type Upload } from "@/lib/upload/uploads";

function upload(id: number): Upload {
  const options = { operatingPoint: null, micronsPerPixel: null, save: true };
  const file = new File([], `${id}.png`);
  const key = `${id}`;
  return { id, key, file, options, scaleAsked: "if_needed", progress: { phase: "checking" } };
}

function withUploads(...ids: number[]) {
  return reduce(NO_UPLOADS, { type: "added", items: ids.map(upload) });
}

const failed = { phase: "failed", error: new ApiError("corrupt_image", "") } as const;

describe("uploads", () => {
  it("show one that comes alone, and none of several", () => {
    expect(withUploads(1).shownId).toBe(1);
    expect(withUploads(1, 2).shownId).toBeNull();
    expect(reduce(withUploads(1, 2), { type: "added", items: [upload(3)] }).shownId).toBe(3);
  });

  it("show the last one that is left", () => {
    const left = reduce(withUploads(1, 2), { type: "removed", id: 1 });
    expect(left.items.map(({ id }) => id)).toEqual([2]);
    expect(left.shownId).toBe(2);
  });

  it("no longer show what is removed", () => {
    const shown = reduce(withUploads(1, 2, 3), { type: "shown", id: 2 });
    expect(reduce(shown, { type: "removed", id: 2 }).shownId).toBeNull();
    expect(reduce(shown, { type: "removed", id: 3 }).shownId).toBe(2);
  });

  it("name the last that ended, and only then", () => {
    const waiting = reduce(withUploads(1, 2), {
      type: "moved",
      id: 1,
      progress: { phase: "waiting" },
    });
    expect(waiting.endedId).toBeNull();
    const ended = reduce(waiting, { type: "moved", id: 2, progress: failed });
    expect(ended.endedId).toBe(2);
    expect(ended.items.map(({ progress }) => progress.phase)).toEqual(["waiting", "failed"]);
  });

  it("keep the settings when they are cleared", () => {
    const set = reduce(withUploads(1), { type: "set", settings: { saveNothing: true } });
    const cleared = reduce(set, { type: "cleared" });
    expect(cleared.items).toEqual([]);
    expect(cleared.settings.saveNothing).toBe(true);
  });

  it("take the scale that is stated, one by one", () => {
    const scale = { type: "scaled", id: 2, micronsPerPixel: 0.5, asked: "settled" } as const;
    const scaled = reduce(withUploads(1, 2), scale);
    expect(scaled.items.map(({ options }) => options.micronsPerPixel)).toEqual([null, 0.5]);
    expect(scaled.items.map(({ scaleAsked }) => scaleAsked)).toEqual(["if_needed", "settled"]);
  });

  it("are under way until they end", () => {
    expect(isUnderWay({ phase: "waiting" })).toBe(true);
    expect(isUnderWay({ phase: "uploading", share: 0.5 })).toBe(true);
    expect(isUnderWay({ phase: "cancelled" })).toBe(false);
    expect(isUnderWay(failed)).toBe(false);
  });
});
