import { expect, test } from "vitest";
import { exportRequest, fileName } from "@/lib/result/export-file";
import { isThumbnailExact, sha256 } from "@/lib/result/picture";
import { patch, region } from "./result-fixtures";

test("files are named for the result", () => {
  expect(fileName(patch().id, "png")).toBe("biopsia_098ff3f9901d.png");
});

test("a saved result is asked for by its record", () => {
  const result = { ...region(), saved: true };
  expect(exportRequest(result, "csv")).toEqual([`/api/history/${result.id}/export.csv`, {}]);
});

test.each([patch(), region()])("a $kind without a record is sent back, without drawings", (one) => {
  const result = { ...one, saved: false, gradcam: { ...one.gradcam, overlay: "data:a" } };
  const [address, { method, body }] = exportRequest(result, "geojson");
  expect([address, method]).toEqual(["/api/export.geojson", "POST"]);
  const gradcam = { ...one.gradcam, overlay: null };
  const withoutMap = one.region && { ...one.region, heatmap: null };
  expect(JSON.parse(String(body))).toEqual({ ...result, gradcam, region: withoutMap });
});

test("a result that the site's host would refuse is not sent", () => {
  const warning = {
    ...{ code: "blank" as const, severity: "caution" as const },
    message: "é".repeat(2_000_000),
  };
  const result = { ...patch(), saved: false, warnings: [warning] };
  expect(() => exportRequest(result, "json")).toThrow(
    expect.objectContaining({ code: "payload_too_large" }),
  );
});

test("small pictures of small images are exact", () => {
  const filing = { case_label: null, folder: null };
  const record = { ...filing, reviews: [], has_original: false, newer_id: null, older_id: null };
  expect(isThumbnailExact({ ...record, result: patch() })).toBe(true);
  expect(isThumbnailExact({ ...record, result: region() })).toBe(false);
});

test("a file is known by its SHA-256", async () => {
  expect(await sha256(new Blob(["abc"]))).toBe(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});
