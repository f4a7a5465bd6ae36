import { describe, expect, test } from "vitest";
import {
  cellAt,
  coveredSize,
  distanceMicrons,
  emptyTiles,
  mostSuspicious,
  outlineOf,
  tileAt,
  tissueTiles,
} from "@/lib/result/geometry";
import { magnificationOf, scaleOfMagnification } from "@/lib/result/magnification";
import { scaleBar } from "@/lib/result/scale-bar";
import { matrixOf, toImage, toPane, type View, wholeView } from "@/lib/result/viewport";
import { patch, region } from "./result-fixtures";

const MODEL = { patchSizePixels: 50, micronsPerPixel: 4 };

describe("what the activation map covers", () => {
  test("a whole patch, the image", () => {
    expect(coveredSize(patch(), MODEL)).toEqual({ width: 50, height: 50 });
  });

  test("a padded patch, more than the image", () => {
    const image = { ...patch().image, width: 30, height: 50 };
    expect(coveredSize(patch({ image }), MODEL)).toEqual({ width: 50, height: 50 });
  });

  test("a patch at another scale, in its own pixels, rounded as Python does", () => {
    const image = { ...patch().image, width: 25, height: 100, microns_per_pixel: 2 };
    // 12.5 px at the model's scale are 12.
    expect(coveredSize(patch({ image }), MODEL)).toEqual({ width: (50 * 25) / 12, height: 100 });
  });

  test("pixels that are longer than wide, in each direction", () => {
    const scale: [number, number] = [2, 4];
    const image = { ...patch().image, width: 100, height: 50, microns_per_pixel_xy: scale };
    expect(coveredSize(patch({ image }), MODEL)).toEqual({ width: 100, height: 50 });
  });

  test("a region, all of its tiles; and its own scale counts", () => {
    expect(coveredSize(region(), undefined)).toEqual({ width: 300, height: 200 });
  });

  test("nothing is known of a patch without the model's scale", () => {
    expect(coveredSize(patch(), undefined)).toBeNull();
  });
});

test("a distance counts each axis by its own scale", () => {
  const image = { ...patch().image, microns_per_pixel_xy: [2, 4] as [number, number] };
  expect(distanceMicrons(image, { x: 10, y: 20 }, { x: 25, y: 25 })).toBeCloseTo(
    Math.hypot(30, 20),
  );
  expect(distanceMicrons(patch().image, { x: 0, y: 0 }, { x: 3, y: 4 })).toBeCloseTo(20);
});

describe("tiles", () => {
  test("are cut at the image's edge, and counted from 1", () => {
    const tiles = tissueTiles(region());
    expect(tiles).toHaveLength(5);
    expect(tiles[1]).toEqual({
      row: 1,
      column: 2,
      x: 100,
      y: 0,
      width: 100,
      height: 100,
      probability: 0.42,
    });
    expect(tiles.at(-1)).toMatchObject({
      row: 2,
      column: 3,
      x: 200,
      y: 100,
      width: 20,
      height: 30,
    });
  });

  test("without tissue are known apart", () => {
    expect(emptyTiles(region())).toMatchObject([{ row: 1, column: 3, x: 200, width: 20 }]);
  });

  test("are found by a point", () => {
    const tiles = tissueTiles(region());
    expect(tileAt(tiles, { x: 150, y: 120 })).toBe(tiles[3]);
    expect(tileAt(tiles, { x: 210, y: 20 })).toBeNull();
    expect(tileAt(tiles, { x: 220, y: 120 })).toBeNull();
    expect(tissueTiles(patch())).toEqual([]);
  });

  test("of one probability keep their order", () => {
    const places = mostSuspicious(tissueTiles(region()), 3).map((t) => [t.row, t.column]);
    expect(places).toEqual([
      [2, 1],
      [2, 2],
      [1, 2],
    ]);
  });

  test("share one outline, without lines between neighbours", () => {
    const two = tissueTiles(region()).filter(({ row, column }) => row === 2 && column < 3);
    expect(outlineOf(two)).toEqual([
      [0, 100, 100, 100],
      [0, 130, 100, 130],
      [0, 100, 0, 130],
      [100, 100, 200, 100],
      [100, 130, 200, 130],
      [200, 100, 200, 130],
    ]);
  });
});

test("a cell is found by a point, none beyond the grid", () => {
  const covered = { width: 50, height: 50 };
  const grid = { rows: 4, columns: 4 };
  expect(cellAt({ x: 49.9, y: 12.5 }, covered, grid)).toEqual({ row: 1, column: 3 });
  expect(cellAt({ x: 50, y: 0 }, covered, grid)).toBeNull();
  expect(cellAt({ x: -0.1, y: 0 }, covered, grid)).toBeNull();
});

describe("the view", () => {
  const view: View = {
    pane: { width: 600, height: 400 },
    centre: { x: 50, y: 20 },
    scale: 4,
    degrees: 0,
    isFlipped: false,
  };

  test("has its centre in the middle of the pane, however it is turned", () => {
    for (const degrees of [0, 30, 90, -90]) {
      for (const isFlipped of [true, false]) {
        const { x, y } = toPane({ ...view, degrees, isFlipped }, view.centre);
        expect([x, y]).toEqual([expect.closeTo(300), expect.closeTo(200)]);
      }
    }
  });

  test.each([
    [0, false, { x: 340, y: 200 }],
    [90, false, { x: 300, y: 240 }],
    [0, true, { x: 260, y: 200 }],
    [180, true, { x: 340, y: 200 }],
  ])("at %i°, mirrored %s, what lies 10 px to the right is found", (degrees, isFlipped, at) => {
    const turned = { ...view, degrees, isFlipped };
    const { x, y } = toPane(turned, { x: 60, y: 20 });
    expect({ x, y }).toEqual({ x: expect.closeTo(at.x), y: expect.closeTo(at.y) });
    const back = toImage(turned, at);
    expect(back).toEqual({ x: expect.closeTo(60), y: expect.closeTo(20) });
  });

  test("of the whole begins at the upper left corner", () => {
    expect(matrixOf(wholeView({ width: 30, height: 20 }, 4), 2)).toEqual([8, 0, -0, 8, 0, 0]);
  });
});

test("at 10x a pixel of the screen shows 1 µm, at 40x a quarter of it", () => {
  expect(scaleOfMagnification(10, 4)).toBe(4);
  expect(scaleOfMagnification(40, 0.25)).toBe(1);
  expect(magnificationOf(0.5, 2)).toBe(2.5);
});

test.each([
  [1, 140, 100],
  [0.25, 140, 500],
  [20, 140, 5],
  [2.8, 140, 50],
])("at %d px/µm a bar of at most %i px is %i µm long", (scale, longest, microns) => {
  expect(scaleBar(scale, longest)).toEqual({ microns, length: microns * scale });
});
