import { useSyncExternalStore } from "react";
import type { Point, View } from "@/lib/result/viewport";
import type { ViewportStore } from "@/lib/viewer/viewport-store";

const NONE = () => null;

/** The current view of the image in its pane; null before it is drawn. */
export function useView(store: ViewportStore): View | null {
  return useSyncExternalStore(store.subscribe, store.getView, NONE);
}

/** The point of the pane under the pointer; null if there is none. */
export function usePointer(store: ViewportStore): Point | null {
  return useSyncExternalStore(store.subscribe, store.getPointer, NONE);
}
