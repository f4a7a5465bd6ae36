import { useCallback, useState } from "react";
import type { Rect, Size } from "@/lib/result/geometry";
import { centreOn, fitted, type Point, panBy, type View, zoomAt } from "@/lib/result/viewport";

/** One press of a zoom button or key. */
export const ZOOM_STEP = 1.5;

export type Viewport = ReturnType<typeof useViewport>;

/** How the image lies in its pane, or in each of two equal ones; fitted until it is moved. */
export function useViewport(image: Size) {
  const [pane, setPane] = useState<Size | null>(null);
  const [moved, setMoved] = useState<View | null>(null);

  const paneRef = useCallback((node: HTMLElement | null) => {
    const observer = new ResizeObserver(([entry]) => {
      const size = entry?.contentRect;
      if (size && size.width > 0 && size.height > 0) {
        setPane({ width: size.width, height: size.height });
      }
    });
    if (node) {
      observer.observe(node);
    }
    return () => observer.disconnect();
  }, []);

  function change(next: (view: View, pane: Size) => View) {
    setMoved((before) => {
      const view = pane && next(before ?? fitted(pane, image), pane);
      return view && pane && view.scale > fitted(pane, image).scale ? view : null;
    });
  }

  return {
    paneRef,
    pane,
    /** Null until the pane has a size. */
    view: pane && (moved ? panBy(moved, { x: 0, y: 0 }, pane, image) : fitted(pane, image)),
    isFitted: moved === null,
    reset: () => setMoved(null),
    pan: (by: Point) => change((view, size) => panBy(view, by, size, image)),
    /** Zoom around a point of the pane, by default its middle. */
    zoom: (factor: number, at?: Point) =>
      change((view, size) => zoomAt(view, factor, at ?? middleOf(size), size, image)),
    centre: (part: Rect) => change((_, size) => centreOn(part, size, image)),
  };
}

function middleOf({ width, height }: Size): Point {
  return { x: width / 2, y: height / 2 };
}
