import type OpenSeadragon from "openseadragon";
import type { Rect, Size } from "@/lib/result/geometry";
import type { Point, View } from "@/lib/result/viewport";

// A part that is zoomed to fills this share of the pane.
const CENTRED_SHARE = 0.35;
// A zoom this close to that of the whole image counts as the same.
const TOLERANCE = 1.001;

/** The view of the image, the same in all panes, and the point under the pointer. */
export class ViewportStore {
  private library: typeof OpenSeadragon | null = null;
  private readonly viewers: OpenSeadragon.Viewer[] = [];
  private readonly listeners = new Set<() => void>();
  private view: View | null = null;
  private pointer: Point | null = null;
  private isFollowing = false;

  constructor(readonly image: Size) {}

  /** Calls a listener after each change; returns a function that ends this. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** The view as it is drawn now; null before. */
  readonly getView = (): View | null => this.view;

  /** The point of a pane under the pointer; null if there is none. */
  readonly getPointer = (): Point | null => this.pointer;

  /** Whether the view is zoomed out completely. */
  readonly isFitted = (): boolean => {
    const viewport = this.viewers[0]?.viewport;
    return !viewport || viewport.getZoom() <= this.wholeZoom(viewport) * TOLERANCE;
  };

  readonly point = (pointer: Point | null): void => {
    this.pointer = pointer;
    this.tell();
  };

  /** Adds a viewer, which then follows the others; returns a function that removes it. */
  add(library: typeof OpenSeadragon, viewer: OpenSeadragon.Viewer): () => void {
    this.library = library;
    this.viewers.push(viewer);
    viewer.addHandler("update-viewport", () => this.follow(viewer));
    return () => {
      this.viewers.splice(this.viewers.indexOf(viewer), 1);
    };
  }

  /** Sets a newly opened viewer to the view of the others. */
  join(viewer: OpenSeadragon.Viewer): void {
    const first = this.viewers[0];
    if (first && first !== viewer) {
      align(viewer.viewport, first.viewport);
    }
  }

  /** Zooms around a point of the pane, by default its middle. */
  zoom(factor: number, at?: Point, isImmediate = false): void {
    this.lead((viewport, point) => {
      const place = at && viewport.pointFromPixel(point(unflipped(viewport, at)));
      viewport.zoomBy(factor, place, isImmediate);
      viewport.applyConstraints(isImmediate);
    });
  }

  /** Moves the image by CSS pixels of the pane. */
  pan(by: Point, isImmediate = false): void {
    this.lead((viewport, point) => {
      const x = viewport.getFlip() ? by.x : -by.x;
      viewport.panBy(viewport.deltaPointsFromPixels(point({ x, y: -by.y })), isImmediate);
      viewport.applyConstraints(isImmediate);
    });
  }

  /** Shows the whole image, as large as possible. */
  home(isImmediate = false): void {
    this.lead((viewport) => {
      viewport.zoomTo(this.wholeZoom(viewport), undefined, isImmediate);
      viewport.panTo(viewport.getHomeBounds().getCenter(), isImmediate);
    });
  }

  /** Sets the scale in CSS pixels for each pixel of the image. */
  zoomTo(scale: number): void {
    this.lead((viewport) => {
      viewport.zoomTo((scale * this.image.width) / viewport.getContainerSize().x);
      if (this.isFitted()) {
        viewport.panTo(viewport.getHomeBounds().getCenter());
      }
      viewport.applyConstraints();
    });
  }

  /** Zooms to a part of the image, with its surroundings. */
  centre({ x, y, width, height }: Rect): void {
    this.lead((viewport, point) => {
      const pane = viewport.getContainerSize();
      const scale = CENTRED_SHARE * Math.min(pane.x / width, pane.y / height);
      const zoom = (scale * this.image.width) / pane.x;
      viewport.zoomTo(Math.max(this.wholeZoom(viewport), Math.min(zoom, viewport.getMaxZoom())));
      const middle = { x: x + width / 2, y: y + height / 2 };
      viewport.panTo(point(middle).divide(this.image.width));
      viewport.applyConstraints();
    });
  }

  /** Rotates by degrees, clockwise on the screen. */
  rotate(degrees: number): void {
    const wasFitted = this.isFitted();
    this.lead((viewport) => viewport.rotateBy(viewport.getFlip() ? -degrees : degrees));
    if (wasFitted) {
      this.home();
    }
  }

  flip(): void {
    this.lead((viewport) => viewport.setFlip(!viewport.getFlip()));
  }

  /** OpenSeadragon's zoom at which the whole image is visible, at its target rotation. */
  private wholeZoom(viewport: OpenSeadragon.Viewport): number {
    const { x: paneWidth, y: paneHeight } = viewport.getContainerSize();
    const turn = (viewport.getRotation() * Math.PI) / 180;
    const [cos, sin] = [Math.abs(Math.cos(turn)), Math.abs(Math.sin(turn))];
    const { width, height } = this.image;
    const scale = Math.min(
      paneWidth / (width * cos + height * sin),
      paneHeight / (width * sin + height * cos),
    );
    return (scale * width) / paneWidth;
  }

  /** Commands are given to the first viewer; the others follow it. */
  private lead(
    act: (viewport: OpenSeadragon.Viewport, point: (at: Point) => OpenSeadragon.Point) => void,
  ): void {
    const viewport = this.viewers[0]?.viewport;
    const Library = this.library;
    if (viewport && Library) {
      act(viewport, ({ x, y }) => new Library.Point(x, y));
    }
  }

  private follow(viewer: OpenSeadragon.Viewer): void {
    const view = viewOf(viewer.viewport, this.image);
    if (this.isFollowing || isSame(view, this.view)) {
      return;
    }
    this.view = view;
    this.isFollowing = true;
    for (const other of this.viewers) {
      if (other !== viewer && other.viewport) {
        align(other.viewport, viewer.viewport);
      }
    }
    this.isFollowing = false;
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) {
      listener();
    }
  }
}

/** Sets a viewport at once to the current view of another one. */
function align(viewport: OpenSeadragon.Viewport, leader: OpenSeadragon.Viewport): void {
  viewport.setFlip(leader.getFlip());
  viewport.setRotation(leader.getRotation(true), true);
  viewport.zoomTo(leader.getZoom(true), undefined, true);
  viewport.panTo(leader.getCenter(true), true);
}

function viewOf(viewport: OpenSeadragon.Viewport, image: Size): View {
  const { x: width, y: height } = viewport.getContainerSize();
  const { x, y } = viewport.getCenter(true);
  return {
    pane: { width, height },
    centre: { x: x * image.width, y: y * image.width },
    scale: (width * viewport.getZoom(true)) / image.width,
    degrees: viewport.getRotation(true),
    isFlipped: viewport.getFlip(),
  };
}

function isSame(one: View, other: View | null): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function unflipped(viewport: OpenSeadragon.Viewport, { x, y }: Point): Point {
  return viewport.getFlip() ? { x: viewport.getContainerSize().x - x, y } : { x, y };
}
