import { useEffect, useRef } from "react";
import { paintScene, type Scene } from "@/lib/result/paint";
import { wholeView } from "@/lib/result/viewport";

// The longer side, in pixels: sharp on half a page.
const LONG_SIDE = 1400;
// Factor by which lines and text are larger than on a screen's canvas of this size.
const RATIO = 2;

/** The whole image with its overlay for printing, whatever the current view. */
export function PrintPicture({ scene }: { scene: Scene | null }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const paint = () => {
      const context = canvas.current?.getContext("2d");
      if (context && scene) {
        const { width, height } = scene.image;
        const view = wholeView(scene.image, LONG_SIDE / RATIO / Math.max(width, height));
        context.canvas.width = Math.round(RATIO * view.pane.width);
        context.canvas.height = Math.round(RATIO * view.pane.height);
        paintScene(context, scene, view, RATIO);
      }
    };
    window.addEventListener("beforeprint", paint);
    return () => window.removeEventListener("beforeprint", paint);
  }, [scene]);
  return (
    <canvas
      ref={canvas}
      className="absolute inset-0 hidden size-full object-contain print:block"
      data-layer="print"
    />
  );
}
