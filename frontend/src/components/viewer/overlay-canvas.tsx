import { useLayoutEffect, useMemo, useRef } from "react";
import { usePointed } from "@/components/viewer/use-pointed";
import type { Ruler } from "@/components/viewer/use-ruler";
import { usePointer, useView } from "@/components/viewer/use-view";
import type { Tile } from "@/lib/result/geometry";
import { paintOver, type Scene } from "@/lib/result/paint";
import { toImage } from "@/lib/result/viewport";
import type { ViewportStore } from "@/lib/viewer/viewport-store";

interface OverlayCanvasProps {
  scene: Scene | null;
  store: ViewportStore;
  tiles: readonly Tile[];
  selected: Tile | null;
  ruler: Ruler;
}

/** The overlay of the image, drawn in the same frame and at the screen's resolution. */
export function OverlayCanvas({ scene, store, tiles, selected, ruler }: OverlayCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const view = useView(store);
  const { tile: marked } = usePointed(store, tiles, selected);
  const measured = useMeasured(ruler, store);
  useLayoutEffect(() => {
    const node = canvas.current;
    const context = node?.getContext("2d");
    if (node && context && scene && view) {
      const ratio = window.devicePixelRatio;
      const [width, height] = [view.pane.width, view.pane.height].map((side) =>
        Math.round(side * ratio),
      );
      if (width && height && (node.width !== width || node.height !== height)) {
        node.width = width;
        node.height = height;
      }
      context.clearRect(0, 0, node.width, node.height);
      paintOver(context, { ...scene, marked, ruler: measured }, view, ratio);
    }
  }, [scene, view, marked, measured]);
  return (
    <canvas
      ref={canvas}
      className="pointer-events-none absolute inset-0 size-full object-contain"
      data-layer="overlay"
    />
  );
}

/** The current ruler; the same object while it does not change. */
function useMeasured({ isOn, from, to, lengthOf }: Ruler, store: ViewportStore) {
  const view = useView(store);
  const pointer = usePointer(store);
  const isOpen = isOn && from !== null && to === null && view !== null;
  const end = isOpen ? (pointer ? toImage(view, pointer) : view.centre) : to;
  const label = isOn && from && end ? lengthOf(from, end) : null;
  const [x, y] = [end?.x, end?.y];
  return useMemo(
    () =>
      from && label !== null && x !== undefined && y !== undefined
        ? { from, to: { x, y }, label }
        : null,
    [from, x, y, label],
  );
}
