import type OpenSeadragon from "openseadragon";
import type { PictureSource } from "@/lib/viewer/picture-source";
import { tileSource } from "@/lib/viewer/tile-source";
import type { ViewportStore } from "@/lib/viewer/viewport-store";

// A pixel of the image drawn larger than this shows nothing more.
const MAX_CSS_PIXELS_PER_PIXEL = 64;
// Lower magnifications can be smaller than the whole image.
const LEAST_SHARE_OF_WHOLE = 1 / 64;
// Tiles are cut by the page itself: more at once would only block it.
const TILES_AT_ONCE = 2;
const ANIMATION_SECONDS = 0.35;
// A wheel turns about 100 pixels a notch; a pinch on a touchpad arrives as small turns.
const WHEEL_SPEED = 0.0016;
const TOUCHPAD_PINCH_SPEED = 0.01;

interface ViewerParts {
  library: typeof OpenSeadragon;
  /** An empty element, as large as the picture may be. */
  host: HTMLElement;
  /** Element of the minimap; null for none. */
  minimap: HTMLElement | null;
  store: ViewportStore;
}

export interface OpenViewer {
  /** Shows a picture in place of the previous one; `onDrawn` is called once it is visible. */
  show(picture: PictureSource, onDrawn: () => void): void;
  close(): void;
}

/** A viewer that fills its host, handles gestures, and shares its view through the store. */
export function openViewer(parts: ViewerParts): OpenViewer {
  const { library, host, minimap, store } = parts;
  let shown: PictureSource | null = null;
  const viewer = new library.Viewer({ ...options(), element: host, ...minimapOptions(minimap) });
  const release = store.add(library, viewer);
  hearWheel(viewer, store);
  hearDrags(viewer, store);
  leavePageToFingers(viewer, store);
  keepPixels(viewer, () => shown);
  keepWhole(viewer, store);
  return {
    show: (picture, onDrawn) => {
      shown = picture;
      showPicture(parts, viewer, picture, onDrawn);
    },
    close: () => {
      release();
      viewer.destroy();
    },
  };
}

function options(): OpenSeadragon.Options {
  const isStill = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  return {
    // WebGL is slower than the canvas if it runs on the processor.
    drawer: "canvas",
    tabIndex: -1,
    showNavigationControl: false,
    keyboardNavEnabled: false,
    animationTime: isStill ? 0 : ANIMATION_SECONDS,
    immediateRender: true,
    blendTime: 0,
    visibilityRatio: 1,
    minZoomImageRatio: LEAST_SHARE_OF_WHOLE,
    maxZoomPixelRatio: MAX_CSS_PIXELS_PER_PIXEL,
    minScrollDeltaTime: -1,
    imageLoaderLimit: TILES_AT_ONCE,
    gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
    gestureSettingsTouch: { clickToZoom: false, dblClickToZoom: true, flickEnabled: false },
    gestureSettingsPen: { clickToZoom: false, dblClickToZoom: true },
  } as OpenSeadragon.Options;
}

function minimapOptions(minimap: HTMLElement | null): OpenSeadragon.Options {
  return minimap
    ? {
        showNavigator: true,
        navigatorElement: minimap,
        navigatorDrawer: "canvas",
        navigatorDisplayRegionColor: "#17161d",
      }
    : {};
}

function showPicture(
  { library, store }: ViewerParts,
  viewer: OpenSeadragon.Viewer,
  picture: PictureSource,
  onDrawn: () => void,
): void {
  const isFirst = viewer.world.getItemCount() === 0;
  viewer.addTiledImage({
    tileSource: tileSource(library, picture),
    ...(isFirst ? {} : { index: 0, replace: true }),
    success: (event) => {
      const { item } = event as unknown as { item: OpenSeadragon.TiledImage };
      item.addOnceHandler("fully-loaded-change", onDrawn);
      if (isFirst) {
        store.join(viewer);
      }
    },
  });
}

/** Pixels of tissue are data, so they are not interpolated when enlarged. */
function keepPixels(viewer: OpenSeadragon.Viewer, pictureOf: () => PictureSource | null): void {
  let isSmooth = true;
  viewer.addHandler("update-viewport", () => {
    const picture = pictureOf();
    const { viewport } = viewer;
    const width = viewport.getContainerSize().x * viewport.getZoom(true);
    const isWanted = !picture?.isExact || width < picture.size.width;
    if (isWanted !== isSmooth) {
      isSmooth = isWanted;
      viewer.drawer.setImageSmoothingEnabled(isSmooth);
    }
  });
}

/** A view of the whole image still shows all of it after a resize. */
function keepWhole(viewer: OpenSeadragon.Viewer, store: ViewportStore): void {
  let wasFitted = true;
  let isResized = false;
  viewer.addHandler("resize", () => {
    isResized = true;
  });
  // OpenSeadragon sets its own zoom after the resize event.
  viewer.addHandler("update-viewport", () => {
    if (isResized && wasFitted) {
      store.home(true);
    }
    isResized = false;
    wasFitted = store.isFitted();
  });
}

/** When zoomed out completely, the wheel scrolls the page. */
function hearWheel(viewer: OpenSeadragon.Viewer, store: ViewportStore): void {
  viewer.addHandler("canvas-scroll", (event) => {
    event.preventDefaultAction = true;
    const { deltaY, ctrlKey } = event.originalEvent as WheelEvent;
    if (store.isFitted() && deltaY > 0) {
      event.preventDefault = false;
      return;
    }
    const speed = ctrlKey ? TOUCHPAD_PINCH_SPEED : WHEEL_SPEED;
    store.zoom(Math.exp(-speed * deltaY), event.position);
  });
}

/** A dragged point stays under the pointer, without delay. */
function hearDrags(viewer: OpenSeadragon.Viewer, store: ViewportStore): void {
  viewer.addHandler("canvas-drag", (event) => {
    event.preventDefaultAction = true;
    store.pan(event.delta, true);
  });
}

/** While the whole image is visible, one finger scrolls the page. */
function leavePageToFingers(viewer: OpenSeadragon.Viewer, store: ViewportStore): void {
  const set = () => {
    const action = store.isFitted() ? "pan-y" : "none";
    viewer.canvas.style.touchAction = action;
    viewer.container.style.touchAction = action;
  };
  set();
  viewer.addHandler("zoom", set);
  viewer.addHandler("resize", set);
}
