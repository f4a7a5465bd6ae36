import { type SyntheticEvent, startTransition, useCallback, useState } from "react";

/** The picture that an `img` loaded last, ready to be drawn, and what that `img` needs. */
export function useLoadedImage() {
  const [element, setElement] = useState<HTMLImageElement | null>(null);
  // The image may have loaded before this code, without an event.
  const ref = useCallback((node: HTMLImageElement | null) => {
    if (node?.complete && node.naturalWidth > 0) {
      // Not during the page's start, which would delay everything else.
      startTransition(() => setElement(node));
    }
  }, []);
  return {
    element,
    imgProps: {
      ref,
      onLoad: ({ currentTarget }: SyntheticEvent<HTMLImageElement>) => setElement(currentTarget),
    },
  };
}
