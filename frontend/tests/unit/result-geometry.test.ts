import { describe, expect, test } from "vitest";
import {
  cellAt,
  coveredSize,
  emptyTiles,
  mostSuspicious,
  outlineOf,
  tileAt,
  tissueTiles,
} from "@/lib/result/geometry";
import { scaleBar } from "@/lib/result/scale-bar";
import { centreOn, fitted, panBy, toImage, zoomAt } from "@/lib/result/viewport";
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
  const pane = { width: 600, height: 400 };
  const image = { width: 100, height: 100 };
  const whole = fitted(pane, image);

  test("shows all of the image in the middle", () => {
    expect(whole).toEqual({ scale: 4, x: 100, y: 0 });
  });

  test("keeps the point that is zoomed at where it is", () => {
    const at = { x: 300, y: 100 };
    const near = zoomAt(whole, 4, at, pane, image);
    expect(near.scale).toBe(16);
    expect(toImage(near, at)).toEqual(toImage(whole, at));
  });

  test("is never smaller than all of it, nor a pixel larger than 64", () => {
    expect(zoomAt(whole, 0.1, { x: 0, y: 0 }, pane, image)).toEqual(whole);
    expect(zoomAt(whole, 1000, { x: 300, y: 200 }, pane, image).scale).toBe(64);
  });

  test("stops at the image's edge", () => {
    const near = zoomAt(whole, 2, { x: 300, y: 200 }, pane, image);
    const moved = panBy(near, { x: 5000, y: -5000 }, pane, image);
    expect(moved).toEqual({ scale: 8, x: 0, y: -400 });
  });

  test("comes to a tile", () => {
    const part = { x: 40, y: 40, width: 20, height: 20 };
    const view = centreOn(part, pane, image);
    expect(toImage(view, { x: 300, y: 200 })).toEqual({ x: 50, y: 50 });
    expect(view.scale).toBe(7);
  });
});

test.each([
  [1, 140, 100],
  [0.25, 140, 500],
  [20, 140, 5],
  [2.8, 140, 50],
])("at %d px/µm a bar of at most %i px is %i µm long", (scale, longest, microns) => {
  expect(scaleBar(scale, longest)).toEqual({ microns, length: microns * scale });
});
