import { useEffect, useState } from "react";
import { type SlideError, slideErrorOf } from "@/lib/slide/error";
import { LocalSlide } from "@/lib/slide/local-slide";
import { isRemembered } from "@/lib/slide/opened-slides";

interface Opening {
  /** Null until it is open. */
  slide: LocalSlide | null;
  /** Why it cannot be opened. */
  error: SlideError | null;
}

/** Opens a slide, and releases it with the component unless a result shows it. */
export function useOpenSlide(file: File, micronsPerPixel: number | null): Opening {
  const [state, setState] = useState<Opening>({ slide: null, error: null });
  useEffect(() => {
    let opened: LocalSlide | null = null;
    let isGone = false;
    LocalSlide.open(file, micronsPerPixel).then(
      (slide) => {
        opened = slide;
        if (isGone) {
          slide.close();
        } else {
          setState({ slide, error: null });
        }
      },
      (error) => !isGone && setState({ slide: null, error: slideErrorOf(error) }),
    );
    return () => {
      isGone = true;
      if (opened && !isRemembered(opened)) {
        opened.close();
      }
    };
  }, [file, micronsPerPixel]);
  return state;
}
