import { useMemo } from "react";
import { usePointer, useView } from "@/components/viewer/use-view";
import { type Tile, tileAt } from "@/lib/result/geometry";
import { type Point, toImage } from "@/lib/result/viewport";
import type { ViewportStore } from "@/lib/viewer/viewport-store";

/** The point and tile under the pointer, or else the selected tile. */
export function usePointed(
  store: ViewportStore,
  tiles: readonly Tile[],
  selected: Tile | null,
): { point: Point | null; tile: Tile | null } {
  const view = useView(store);
  const pointer = usePointer(store);
  return useMemo(() => {
    const under = pointer && view && toImage(view, pointer);
    return {
      point: under ?? (selected && middleOf(selected)),
      tile: (under && tileAt(tiles, under)) ?? selected,
    };
  }, [view, pointer, tiles, selected]);
}

function middleOf({ x, y, width, height }: Tile): Point {
  return { x: x + width / 2, y: y + height / 2 };
}
