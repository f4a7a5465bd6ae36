import { useEffect, useState } from "react";

// For browsers that cannot report idle time: soon after the page has loaded.
const LATER_MS = 300;

/** Whether the page has loaded and the browser has had nothing else to do since. */
export function useIdle(): boolean {
  const [isIdle, setIsIdle] = useState(false);
  useEffect(() => {
    const listening = new AbortController();
    const wait = () => {
      const end = whenIdle(() => setIsIdle(true));
      listening.signal.addEventListener("abort", end);
    };
    if (document.readyState === "complete") {
      wait();
    } else {
      window.addEventListener("load", wait, { signal: listening.signal });
    }
    return () => listening.abort();
  }, []);
  return isIdle;
}

/** Calls back in the next idle moment; returns a function that cancels this. */
function whenIdle(act: () => void): () => void {
  if ("requestIdleCallback" in window) {
    const handle = requestIdleCallback(act);
    return () => cancelIdleCallback(handle);
  }
  const handle = setTimeout(act, LATER_MS);
  return () => clearTimeout(handle);
}
