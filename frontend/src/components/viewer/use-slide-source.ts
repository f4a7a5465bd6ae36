import { useMemo, useSyncExternalStore } from "react";
import type { PredictionResult } from "@/lib/api/schema";
import { slideOf, subscribeToSlides } from "@/lib/slide/opened-slides";
import type { PictureSource } from "@/lib/viewer/picture-source";
import { slideSource } from "@/lib/viewer/slide-source";

/** The slide of a result in all its resolutions; null where this page does not have it open. */
export function useSlideSource({ id }: PredictionResult): PictureSource | null {
  const slide = useSyncExternalStore(
    subscribeToSlides,
    () => slideOf(id),
    // The server draws this page too, and has no slides.
    () => null,
  );
  return useMemo(() => slide && slideSource(slide), [slide]);
}
