import { type SyntheticEvent, startTransition, useCallback, useState } from "react";

/** The picture that an `img` loaded last, ready to be drawn, and what that `img` needs. */
export function useLoadedImage() {
  const [element, setElement] = useState<HTMLImageElement | null>(null);
  // The image may have come before this code did, and then tells nobody.
  const ref = useCallback((node: HTMLImageElement | null) => {
    if (node?.complete && node.naturalWidth > 0) {
      // Not at one go with the page's start, on which all else waits.
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
