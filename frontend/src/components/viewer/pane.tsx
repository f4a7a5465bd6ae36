"use client";

import { useTranslations } from "next-intl";
import { type PointerEvent, type ReactNode, type RefObject, useId, useRef } from "react";
import { NotLoaded } from "@/components/shared/not-loaded";
import { OverlayCanvas } from "@/components/viewer/overlay-canvas";
import { useOpenViewer } from "@/components/viewer/use-open-viewer";
import type { Ruler } from "@/components/viewer/use-ruler";
import type { Tile } from "@/lib/result/geometry";
import type { Scene } from "@/lib/result/paint";
import type { Point } from "@/lib/result/viewport";
import type { PictureSource } from "@/lib/viewer/picture-source";
import type { ViewportStore } from "@/lib/viewer/viewport-store";

// A shorter movement is not a drag.
const TAP_PIXELS = 5;

interface PaneProps {
  label: string;
  scene: Scene | null;
  source: PictureSource | null;
  store: ViewportStore;
  tiles: readonly Tile[];
  selected: Tile | null;
  ruler: Ruler;
  /** Element of the minimap. */
  minimap?: RefObject<HTMLElement | null>;
  /** Shown until the picture is drawn. */
  children?: (isDrawn: boolean) => ReactNode;
}

/** One view of the image that can be moved and zoomed. */
export function Pane(props: PaneProps) {
  const { label, source, store, ruler, minimap, children } = props;
  const t = useTranslations("result.viewer");
  const hint = useId();
  const { host, isDrawn, hasFailed } = useOpenViewer({ store, source, minimap });
  const pressed = useRef<Point | null>(null);
  const point = (event: PointerEvent) => store.point(placeOf(event));

  return (
    <div
      role="application"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it takes keys
      tabIndex={0}
      aria-label={label}
      aria-describedby={hint}
      data-drawn={isDrawn}
      onPointerDown={(event) => {
        pressed.current = placeOf(event);
        point(event);
      }}
      onPointerUp={(event) => {
        const [from, to] = [pressed.current, placeOf(event)];
        pressed.current = null;
        if (from && Math.hypot(to.x - from.x, to.y - from.y) < TAP_PIXELS) {
          ruler.tap(to);
        }
      }}
      onPointerMove={point}
      onPointerLeave={({ pointerType }) => pointerType === "mouse" && store.point(null)}
      className="group/pane relative min-h-0 min-w-0 cursor-crosshair select-none overflow-hidden focus-visible:-outline-offset-2"
    >
      {children?.(isDrawn)}
      <div ref={host} className="absolute inset-0" />
      <OverlayCanvas {...props} />
      {hasFailed && (
        <div className="absolute inset-x-3 top-3 mr-12 w-fit rounded-sm bg-surface px-3 py-2 text-sm">
          <NotLoaded />
        </div>
      )}
      <span id={hint} className="sr-only">
        {t("keys")}
      </span>
    </div>
  );
}

function placeOf(event: PointerEvent): Point {
  const { left, top } = event.currentTarget.getBoundingClientRect();
  return { x: event.clientX - left, y: event.clientY - top };
}
