import { useSyncExternalStore } from "react";
import type { Point, View } from "@/lib/result/viewport";
import type { ViewportStore } from "@/lib/viewer/viewport-store";

const NONE = () => null;

/** How the image lies in its pane now; null before it is drawn. */
export function useView(store: ViewportStore): View | null {
  return useSyncExternalStore(store.subscribe, store.getView, NONE);
}

/** The point of the pane under the pointer; null where there is none. */
export function usePointer(store: ViewportStore): Point | null {
  return useSyncExternalStore(store.subscribe, store.getPointer, NONE);
}
