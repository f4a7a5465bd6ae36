import { type RefObject, useEffect, useRef } from "react";
import { TURN_DEGREES, ZOOM_STEP } from "@/components/viewer/tool-buttons";
import type { Ruler } from "@/components/viewer/use-ruler";
import type { Point } from "@/lib/result/viewport";
import type { ViewportStore } from "@/lib/viewer/viewport-store";

const PAN_STEP_PIXELS = 48;

const PAN_KEYS: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: PAN_STEP_PIXELS, y: 0 },
  ArrowRight: { x: -PAN_STEP_PIXELS, y: 0 },
  ArrowUp: { x: 0, y: PAN_STEP_PIXELS },
  ArrowDown: { x: 0, y: -PAN_STEP_PIXELS },
};

// These repeat while held; others act once.
const REPEATED = /^[+=npNP-]$/;

interface ViewerKeys {
  /** The viewer's element; its keys work while the focus is inside. */
  frame: RefObject<HTMLElement | null>;
  store: ViewportStore;
  /** Hides the overlay while the key is held. */
  onHide: (isHidden: boolean) => void;
  onFull: () => void;
  ruler: Ruler;
  /** Moves by a number of foci. */
  onStep: (step: 1 | -1) => void;
}

/** Handles the viewer's keys; those that pages and buttons also use work only on the image. */
export function useViewerKeys(keys: ViewerKeys): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const down = (event: KeyboardEvent) => {
      const act = actionOf(event, latest.current);
      if (act) {
        event.preventDefault();
        act();
      }
    };
    const show = () => latest.current.onHide(false);
    document.addEventListener("keydown", down);
    document.addEventListener("keyup", show);
    window.addEventListener("blur", show);
    return () => {
      document.removeEventListener("keydown", down);
      document.removeEventListener("keyup", show);
      window.removeEventListener("blur", show);
    };
  }, []);
}

function actionOf(event: KeyboardEvent, keys: ViewerKeys): (() => void) | null {
  const { target, key } = event;
  const isChord = event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented;
  if (isChord || !(target instanceof Element) || isTaken(target, keys.frame.current)) {
    return null;
  }
  const by = PAN_KEYS[key];
  if (event.repeat && !by && !REPEATED.test(key)) {
    return () => {};
  }
  if (target.closest("[role=application]")) {
    if (by) {
      return () => keys.store.pan(by);
    }
    if (key === " ") {
      return () => keys.onHide(true);
    }
    if (key === "Enter") {
      return () => keys.ruler.tap();
    }
    if (key === "Escape" && keys.ruler.isOn) {
      return keys.ruler.end;
    }
  }
  return LETTERS[key.toLowerCase()]?.(keys, event) ?? null;
}

const LETTERS: Readonly<Record<string, (keys: ViewerKeys, event: KeyboardEvent) => () => void>> = {
  "+":
    ({ store }) =>
    () =>
      store.zoom(ZOOM_STEP),
  "=":
    ({ store }) =>
    () =>
      store.zoom(ZOOM_STEP),
  "-":
    ({ store }) =>
    () =>
      store.zoom(1 / ZOOM_STEP),
  "0":
    ({ store }) =>
    () =>
      store.home(),
  r:
    ({ store }, { shiftKey }) =>
    () =>
      store.rotate(shiftKey ? -TURN_DEGREES : TURN_DEGREES),
  m:
    ({ store }) =>
    () =>
      store.flip(),
  h:
    ({ onHide }) =>
    () =>
      onHide(true),
  l: ({ ruler }) => ruler.toggle,
  f: ({ onFull }) => onFull,
  n:
    ({ onStep }) =>
    () =>
      onStep(1),
  p:
    ({ onStep }) =>
    () =>
      onStep(-1),
};

/** Whether a key is typed into a field, or meant for another part of the page. */
function isTaken(target: Element, frame: HTMLElement | null): boolean {
  const isTyping = target.matches(
    "input:not([type=radio], [type=checkbox], [type=range]), textarea, select",
  );
  return isTyping || !frame?.contains(target);
}
