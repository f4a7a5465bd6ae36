import { expect, test } from "vitest";
import { ApiError } from "@/lib/api/error";
import { isKeptAlike, keptOf, progressOf } from "@/lib/upload/kept-upload";
import { fitting } from "@/lib/upload/upload-store";
import type { Progress, Upload } from "@/lib/upload/uploads";
import { patch } from "./result-fixtures";

const OPTIONS = { operatingPoint: null, micronsPerPixel: 4, save: true };

function upload(progress: Progress, options = OPTIONS): Upload {
  const file = new File(["tissue"], "a.png");
  return { id: 1, key: "1-1", file, options, scaleAsked: "settled", progress };
}

const failed = upload({
  phase: "failed",
  error: new ApiError("unsupported_image", "", { format: "HEIC" }),
});

test("what has its result is not kept, nor where nothing is to be saved", () => {
  expect(keptOf(upload({ phase: "done", result: patch({}) }))).toBeNull();
  expect(keptOf(upload({ phase: "waiting" }, { ...OPTIONS, save: false }))).toBeNull();
  expect(keptOf(upload({ phase: "waiting" }))).toMatchObject({ key: "1-1", end: null });
});

test("an end comes back as it was, and what was on its way begins anew", () => {
  const after = (one: Upload) => {
    const kept = keptOf(one);
    return kept && progressOf(kept);
  };
  expect(after(upload({ phase: "uploading", share: 0.5 }))).toEqual({ phase: "checking" });
  expect(after(upload({ phase: "cancelled" }))).toEqual({ phase: "cancelled" });
  expect(after(failed)).toMatchObject({
    phase: "failed",
    error: { code: "unsupported_image", details: { format: "HEIC" } },
  });
});

test("progress alone is no reason to keep a file again", () => {
  const waiting = upload({ phase: "waiting" });
  expect(isKeptAlike(waiting, { ...waiting, progress: { phase: "uploading", share: 1 } })).toBe(
    true,
  );
  expect(isKeptAlike(waiting, { ...waiting, progress: { phase: "cancelled" } })).toBe(false);
  expect(isKeptAlike(waiting, { ...waiting, progress: failed.progress })).toBe(false);
  expect(isKeptAlike(waiting, { ...waiting, options: { ...OPTIONS, micronsPerPixel: 2 } })).toBe(
    false,
  );
});

test("what is kept stays within its bound, and a smaller file may follow one that is too large", () => {
  const file = (bytes: number) => new File([new Uint8Array(bytes)], "a.png");
  const kept = [
    { key: "a", file: file(40) },
    { key: "b", file: file(50) },
    { key: "c", file: file(10) },
    { key: "old", file: file(50) },
  ];
  const keys = fitting(kept, new Map([["old", 50]]), 100).map(({ key }) => key);
  expect(keys).toEqual(["a", "c", "old"]);
});
