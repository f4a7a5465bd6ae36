import { useEffect, useRef } from "react";
import { paintScene, type Scene } from "@/lib/result/paint";
import { wholeView } from "@/lib/result/viewport";

// The longer side, in pixels: sharp on half a page.
const LONG_SIDE = 1400;
// Lines and letters are that many times as thick as on such a canvas of a screen.
const RATIO = 2;

/** All of the image with what lies over it, on paper, however it lies on the screen. */
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
