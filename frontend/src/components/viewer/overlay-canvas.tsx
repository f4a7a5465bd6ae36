import { useLayoutEffect, useRef } from "react";
import { useView } from "@/components/viewer/use-view";
import { paintOver, type Scene } from "@/lib/result/paint";
import type { ViewportStore } from "@/lib/viewer/viewport-store";

interface OverlayCanvasProps {
  scene: Scene | null;
  store: ViewportStore;
}

/** What lies over the image, drawn in the same frame as the image and as sharp as the screen is. */
export function OverlayCanvas({ scene, store }: OverlayCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const view = useView(store);
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
      paintOver(context, scene, view, ratio);
    }
  }, [scene, view]);
  return (
    <canvas
      ref={canvas}
      className="pointer-events-none absolute inset-0 size-full object-contain"
      data-layer="overlay"
    />
  );
}
