import { useEffect, useRef, useState } from "react";

/** An element that can fill the screen, if the browser allows it. */
export function useFullScreen<T extends HTMLElement>() {
  const ref = useRef<T>(null);
  const [isFull, setIsFull] = useState(false);
  const [isPossible, setIsPossible] = useState(false);
  useEffect(() => {
    setIsPossible(document.fullscreenEnabled);
    const update = () => setIsFull(document.fullscreenElement === ref.current);
    document.addEventListener("fullscreenchange", update);
    return () => document.removeEventListener("fullscreenchange", update);
  }, []);
  return {
    ref,
    isFull,
    isPossible,
    toggle: () => {
      const done = document.fullscreenElement
        ? document.exitFullscreen()
        : ref.current?.requestFullscreen();
      // If it is refused, nothing changes.
      done?.catch(() => {});
    },
  };
}
