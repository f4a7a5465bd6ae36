import { describe, expect, test } from "vitest";
import { annotationsOf, NoAnnotations } from "@/lib/result/annotations";

const SQUARE = [
  [
    [0, 0],
    [10, 0],
    [10, 10],
    [0, 0],
  ],
];
const polygon = { type: "Polygon", coordinates: SQUARE };
const feature = { type: "Feature", geometry: polygon, properties: { name: "tumour" } };

describe("outlines are found", () => {
  test.each([
    ["of a collection", { type: "FeatureCollection", features: [feature, feature] }, 2],
    ["of a list, as QuPath writes", [feature], 1],
    ["of a single feature", feature, 1],
    [
      "of several parts",
      { ...feature, geometry: { type: "MultiPolygon", coordinates: [SQUARE, SQUARE] } },
      2,
    ],
    [
      "beside points, which are left out",
      [feature, { type: "Feature", geometry: { type: "Point", coordinates: [1, 2] } }],
      1,
    ],
    ["in a collection of geometries", { type: "GeometryCollection", geometries: [polygon] }, 1],
  ])("%s", (_, content, count) => {
    const found = annotationsOf(JSON.stringify(content));
    expect(found).toHaveLength(count);
    expect(found[0]).toEqual(SQUARE);
  });
});

test.each([
  "",
  "no json",
  "null",
  "[]",
  '{"type": "FeatureCollection"}',
  JSON.stringify({ type: "Polygon", coordinates: [[["a", "b"]]] }),
  JSON.stringify({ type: "Polygon", coordinates: [[[0, 0]]] }),
  JSON.stringify({ type: "Polygon", coordinates: [] }),
])("%j holds none", (text) => {
  expect(() => annotationsOf(text)).toThrow(NoAnnotations);
});
