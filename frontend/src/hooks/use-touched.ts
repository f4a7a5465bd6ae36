import { useEffect, useState } from "react";

const SIGNS = ["pointermove", "pointerdown", "wheel", "keydown", "scroll", "dragenter"] as const;

/**
 * Whether the visitor has used a pointer, touch, scrolling or keys on the page since it was drawn.
 */
export function useTouched(): boolean {
  const [isTouched, setIsTouched] = useState(false);
  useEffect(() => {
    const listening = new AbortController();
    const { signal } = listening;
    const note = () => {
      listening.abort();
      setIsTouched(true);
    };
    for (const sign of SIGNS) {
      window.addEventListener(sign, note, { capture: true, passive: true, signal });
    }
    return () => listening.abort();
  }, []);
  return isTouched;
}
