import { describe, expect, test } from "vitest";
import { fileName, resultCsv, resultGeoJson, resultJson } from "@/lib/result/exports";
import { isThumbnailExact, sha256 } from "@/lib/result/picture";
import { patch, region } from "./result-fixtures";

test("files are named for the result", () => {
  expect(fileName(patch().id, "png")).toBe("biopsia_098ff3f9901d.png");
});

test("the JSON is the API's own object", () => {
  expect(JSON.parse(resultJson(region()))).toEqual(region());
});

describe("the table", () => {
  test("has a patch in one line", () => {
    expect(resultCsv(patch())).toBe(
      "id,created_at,image_sha256,width_px,height_px,microns_per_pixel,probability,threshold," +
        "at_or_above_threshold,verdict,model,revision\r\n" +
        `${patch().id},2026-11-24T18:36:23.214361Z,${"44".repeat(32)},50,50,4,0.25,0.42,false,` +
        "benign,biopsia-idc,eba8ff9f491b\r\n",
    );
  });

  test("has a line for each tile with tissue", () => {
    expect(resultCsv(region()).split("\r\n")).toEqual([
      "row,column,x_px,y_px,x_um,y_um,width_px,height_px,probability,at_or_above_threshold",
      "1,1,0,0,0,0,100,100,0.1,false",
      "1,2,100,0,200,0,100,100,0.42,true",
      "2,1,0,100,0,200,100,30,0.9,true",
      "2,2,100,100,200,200,100,30,0.9,true",
      "2,3,200,100,400,200,20,30,0.3,false",
      "",
    ]);
  });
});

describe("the outlines for QuPath", () => {
  test("are a tile object for each tile, closed, with class and measurement", () => {
    const { type, features } = JSON.parse(resultGeoJson(region()));
    expect(type).toBe("FeatureCollection");
    expect(features).toHaveLength(5);
    expect(features[1]).toEqual({
      type: "Feature",
      geometry: {
        type: "Polygon",
        coordinates: [
          [
            [100, 0],
            [200, 0],
            [200, 100],
            [100, 100],
            [100, 0],
          ],
        ],
      },
      properties: {
        objectType: "tile",
        name: "row 1, column 2",
        classification: { name: "Malignant", color: [190, 88, 20] },
        measurements: { probability: 0.42 },
      },
    });
    expect(features[0].properties.classification.name).toBe("Benign");
  });

  test("are one annotation of a patch", () => {
    const { features } = JSON.parse(resultGeoJson(patch()));
    expect(features).toHaveLength(1);
    expect(features[0].properties).toMatchObject({
      objectType: "annotation",
      classification: { name: "Benign" },
      measurements: { probability: 0.25, threshold: 0.42 },
    });
    expect(features[0].geometry.coordinates[0][2]).toEqual([50, 50]);
  });
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
