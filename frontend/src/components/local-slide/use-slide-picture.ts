import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { modelQuery } from "@/lib/api/queries";
import { type SlideError, slideErrorOf } from "@/lib/slide/error";
import type { LocalSlide } from "@/lib/slide/local-slide";
import type { SlidePicture } from "@/lib/slide/picture";

export interface Preparation {
  /** Share of the rows done, 0 to 1. */
  share: number;
  /** The picture to send; null until it is ready. */
  picture: SlidePicture | null;
  error: SlideError | null;
}

const BEGUN: Preparation = { share: 0, picture: null, error: null };

/** Makes the picture of a slide to send, as soon as the service's limits are known. */
export function useSlidePicture(slide: LocalSlide): Preparation {
  const { data: model } = useQuery(modelQuery);
  const [state, setState] = useState<Preparation>(BEGUN);
  const patchSizePixels = model?.patchSizePixels;
  const micronsPerPixel = model?.micronsPerPixel;
  const maxPixels = model?.limits.max_slide_pixels;
  const maxBytes = model?.limits.max_slide_bytes;
  useEffect(() => {
    if (!patchSizePixels || !micronsPerPixel || !maxPixels || !maxBytes) {
      return;
    }
    let isGone = false;
    const tell = (change: Partial<Preparation>) =>
      !isGone && setState((before) => ({ ...before, ...change }));
    const limits = { patchSizePixels, micronsPerPixel, maxPixels, maxBytes };
    slide
      .picture(limits, (share) => tell({ share }))
      .then(
        (picture) => tell({ share: 1, picture }),
        (error) => tell({ error: slideErrorOf(error) }),
      );
    return () => {
      isGone = true;
    };
  }, [slide, patchSizePixels, micronsPerPixel, maxPixels, maxBytes]);
  return state;
}
