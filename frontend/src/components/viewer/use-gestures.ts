import { type KeyboardEvent, type PointerEvent, useEffect, useRef } from "react";
import { type Viewport, ZOOM_STEP } from "@/components/viewer/use-viewport";
import type { Point } from "@/lib/result/viewport";

const WHEEL_SPEED = 0.0016;
const PAN_STEP_PIXELS = 48;

const PAN_KEYS: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: PAN_STEP_PIXELS, y: 0 },
  ArrowRight: { x: -PAN_STEP_PIXELS, y: 0 },
  ArrowUp: { x: 0, y: PAN_STEP_PIXELS },
  ArrowDown: { x: 0, y: -PAN_STEP_PIXELS },
};

const ZOOM_KEYS: Readonly<Record<string, number>> = {
  "+": ZOOM_STEP,
  "=": ZOOM_STEP,
  "-": 1 / ZOOM_STEP,
};

/** Pan and zoom by mouse, wheel, fingers and keys; tells which point of the pane is meant. */
export function useGestures(viewport: Viewport, onPoint: (point: Point | null) => void) {
  const wheelRef = useWheel(viewport);
  const down = useRef(new Map<number, Point>());

  function onPointerMove(event: PointerEvent) {
    const before = down.current.get(event.pointerId);
    if (before) {
      const other = [...down.current].find(([id]) => id !== event.pointerId)?.[1];
      move(viewport, before, placeOf(event), other);
      down.current.set(event.pointerId, placeOf(event));
    }
    onPoint(placeOf(event));
  }

  function onPointerEnd(event: PointerEvent) {
    down.current.delete(event.pointerId);
  }

  return {
    wheelRef,
    handlers: {
      onPointerDown: (event: PointerEvent) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        down.current.set(event.pointerId, placeOf(event));
        onPoint(placeOf(event));
      },
      onPointerMove,
      onPointerUp: onPointerEnd,
      onPointerCancel: onPointerEnd,
      onPointerLeave: (event: PointerEvent) => {
        if (event.pointerType === "mouse") {
          onPoint(null);
        }
      },
      onKeyDown: (event: KeyboardEvent) => pressKey(viewport, event),
    },
  };
}

/** React listens to wheels passively, which could not keep the page from scrolling. */
function useWheel({ view, zoom, isFitted }: Viewport) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const node = ref.current;
    function onWheel(event: WheelEvent) {
      // Where there is nothing left to zoom out, the page scrolls.
      if (view && !(isFitted && event.deltaY > 0)) {
        event.preventDefault();
        zoom(Math.exp(-WHEEL_SPEED * event.deltaY), placeOf(event));
      }
    }
    node?.addEventListener("wheel", onWheel, { passive: false });
    return () => node?.removeEventListener("wheel", onWheel);
  }, [view, zoom, isFitted]);
  return ref;
}

/** One finger pans; two also zoom, around the one that rests. */
function move({ pan, zoom }: Viewport, from: Point, to: Point, other: Point | undefined) {
  if (other) {
    zoom(distance(to, other) / Math.max(distance(from, other), 1), other);
  } else {
    pan({ x: to.x - from.x, y: to.y - from.y });
  }
}

function pressKey({ pan, zoom, reset }: Viewport, event: KeyboardEvent) {
  const by = PAN_KEYS[event.key];
  const factor = ZOOM_KEYS[event.key];
  if (event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  if (by) {
    pan(by);
  } else if (factor) {
    zoom(factor);
  } else if (event.key === "0") {
    reset();
  } else {
    return;
  }
  event.preventDefault();
}

function placeOf(event: {
  clientX: number;
  clientY: number;
  currentTarget: EventTarget | null;
}): Point {
  const bounds =
    event.currentTarget instanceof Element
      ? event.currentTarget.getBoundingClientRect()
      : { left: 0, top: 0 };
  return { x: event.clientX - bounds.left, y: event.clientY - bounds.top };
}

function distance(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}
