import { type RefObject, useEffect, useRef, useState } from "react";
import { type OpenViewer, openViewer } from "@/lib/viewer/open-viewer";
import type { PictureSource } from "@/lib/viewer/picture-source";
import { turn } from "@/lib/viewer/turn";
import type { ViewportStore } from "@/lib/viewer/viewport-store";

interface ViewerParts {
  store: ViewportStore;
  /** Null until it is ready. */
  source: PictureSource | null;
  minimap: RefObject<HTMLElement | null> | undefined;
}

/** Opens OpenSeadragon, which is loaded for it, in an element, and shows a picture there. */
export function useOpenViewer({ store, source, minimap }: ViewerParts) {
  const host = useRef<HTMLDivElement>(null);
  const [viewer, setViewer] = useState<OpenViewer | null>(null);
  const [state, setState] = useState<"waiting" | "drawn" | "failed">("waiting");

  useEffect(() => {
    let opened: OpenViewer | null = null;
    let isGone = false;
    loadLibrary().then(
      (library) => {
        if (host.current && !isGone) {
          const parts = { library, host: host.current, minimap: minimap?.current ?? null, store };
          opened = openViewer(parts);
          setViewer(opened);
        }
      },
      () => setState("failed"),
    );
    return () => {
      isGone = true;
      opened?.close();
    };
  }, [store, minimap]);

  useEffect(() => {
    if (viewer && source) {
      viewer.show(source, () => setState("drawn"));
    }
  }, [viewer, source]);

  return { host, isDrawn: state === "drawn", hasFailed: state === "failed" };
}

/** Its start takes long, so it is split into several tasks. */
async function loadLibrary() {
  const { default: library } = await import("openseadragon");
  await turn();
  return library;
}
