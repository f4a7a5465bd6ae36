import { useLayoutEffect, useRef } from "react";
import { usePointed } from "@/components/viewer/use-pointed";
import { useView } from "@/components/viewer/use-view";
import type { Tile } from "@/lib/result/geometry";
import { paintOver, type Scene } from "@/lib/result/paint";
import type { ViewportStore } from "@/lib/viewer/viewport-store";

interface OverlayCanvasProps {
  scene: Scene | null;
  store: ViewportStore;
  tiles: readonly Tile[];
  selected: Tile | null;
}

/** What lies over the image, drawn in the same frame as the image and as sharp as the screen is. */
export function OverlayCanvas({ scene, store, tiles, selected }: OverlayCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const view = useView(store);
  const { tile: marked } = usePointed(store, tiles, selected);
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
      paintOver(context, { ...scene, marked }, view, ratio);
    }
  }, [scene, view, marked]);
  return (
    <canvas
      ref={canvas}
      className="pointer-events-none absolute inset-0 size-full object-contain"
      data-layer="overlay"
    />
  );
}
