import type { SlideDetails, SlideProblem } from "@/lib/slide/error";
import type { Size } from "@/lib/slide/levels";
import type { PictureLimits, SlidePicture } from "@/lib/slide/picture";
import type { ViewRequest } from "@/lib/slide/view";
import type { Scale } from "@/lib/upload/stated-scale";

/** Messages between a page and the worker that reads its slide. */

/** The facts of an open slide for the page. */
export interface SlideFacts extends Size {
  /** µm per pixel of level 0, across and down. */
  scale: Scale;
  scaleSource: "request" | "metadata";
  fingerprint: string;
}

export interface Requests {
  open: { asked: { file: File; micronsPerPixel: number | null }; answer: SlideFacts };
  view: { asked: ViewRequest; answer: ImageBitmap };
  picture: { asked: PictureLimits; answer: SlidePicture };
}

export type Question = {
  [Kind in keyof Requests]: { id: number; kind: Kind; asked: Requests[Kind]["asked"] };
}[keyof Requests];

export type Answer =
  | { id: number; type: "done"; answer: unknown }
  | { id: number; type: "share"; share: number }
  | { id: number; type: "failed"; problem: SlideProblem; details: SlideDetails };
