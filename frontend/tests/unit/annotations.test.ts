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
const IMAGE = { width: 600, height: 400 };
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
    const { polygons, outside } = annotationsOf(JSON.stringify(content), IMAGE);
    expect(polygons).toHaveLength(count);
    expect(polygons[0]).toEqual(SQUARE);
    expect(outside).toBe(0);
  });
});

/** A square of 100 px whose upper left corner is given. */
function squareAt(x: number, y: number) {
  const corners = [
    [x, y],
    [x + 100, y],
    [x + 100, y + 100],
    [x, y + 100],
    [x, y],
  ];
  return { type: "Polygon", coordinates: [corners] };
}

test("what lies outside the image is counted, not drawn", () => {
  const content = [squareAt(550, 350), squareAt(-50, -50), squareAt(601, 0), squareAt(0, -101)];
  const { polygons, outside } = annotationsOf(JSON.stringify(content), IMAGE);
  expect(polygons.map(([outline]) => outline?.[0])).toEqual([
    [550, 350],
    [-50, -50],
  ]);
  expect(outside).toBe(2);
});

test("outlines of a whole slide over a part of it are not said to be drawn", () => {
  const content = JSON.stringify(squareAt(48_000, 21_000));
  expect(() => annotationsOf(content, IMAGE)).toThrow(new NoAnnotations("outside"));
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
  expect(() => annotationsOf(text, IMAGE)).toThrow(new NoAnnotations("none"));
});
