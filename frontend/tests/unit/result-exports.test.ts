import { expect, test } from "vitest";
import { fileName, resultJson } from "@/lib/result/exports";
import { isThumbnailExact, sha256 } from "@/lib/result/picture";
import { patch, region } from "./result-fixtures";

test("files are named for the result", () => {
  expect(fileName(patch().id, "png")).toBe("biopsia_098ff3f9901d.png");
});

test("the JSON is the API's own object", () => {
  expect(JSON.parse(resultJson(region()))).toEqual(region());
});

test("small pictures of small images are exact", () => {
  const record = { reviews: [], has_original: false, newer_id: null, older_id: null };
  expect(isThumbnailExact({ ...record, result: patch() })).toBe(true);
  expect(isThumbnailExact({ ...record, result: region() })).toBe(false);
});

test("a file is known by its SHA-256", async () => {
  expect(await sha256(new Blob(["abc"]))).toBe(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});
