"use client";

import { useTranslations } from "next-intl";
import { type ReactNode, useEffect, useId, useRef } from "react";
import { useGestures } from "@/components/viewer/use-gestures";
import type { Viewport } from "@/components/viewer/use-viewport";
import { paintScene, type Scene } from "@/lib/result/paint";
import type { Point } from "@/lib/result/viewport";

interface PaneProps {
  label: string;
  scene: Scene | null;
  viewport: Viewport;
  onPoint: (point: Point | null) => void;
  /** Shown until the scene is drawn. */
  children?: ReactNode;
}

/** One drawing of the image, to be moved and zoomed. */
export function Pane({ label, scene, viewport, onPoint, children }: PaneProps) {
  const t = useTranslations("result.viewer");
  const hint = useId();
  const canvas = useDrawing(scene, viewport);
  const { wheelRef, handlers } = useGestures(viewport, onPoint);

  return (
    <div
      ref={wheelRef}
      role="application"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it takes keys
      tabIndex={0}
      aria-label={label}
      aria-describedby={hint}
      {...handlers}
      className="relative min-h-0 min-w-0 cursor-crosshair touch-pan-y select-none overflow-hidden focus-visible:-outline-offset-2 data-[moved=true]:touch-none"
      data-moved={!viewport.isFitted}
    >
      {children}
      <canvas ref={canvas} className="absolute inset-0 size-full object-contain" />
      <span id={hint} className="sr-only">
        {t("keys")}
      </span>
    </div>
  );
}

/** A canvas on which the scene is drawn, as sharp as the screen is. */
function useDrawing(scene: Scene | null, { pane, view }: Viewport) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const node = canvas.current;
    const context = node?.getContext("2d");
    if (node && context && scene && pane && view) {
      const ratio = window.devicePixelRatio;
      const [width, height] = [Math.round(pane.width * ratio), Math.round(pane.height * ratio)];
      if (node.width !== width || node.height !== height) {
        node.width = width;
        node.height = height;
      }
      paintScene(context, scene, view, ratio);
    }
  }, [scene, pane, view]);
  return canvas;
}
