/**
 * Resolves after a time, on a `wake` event of `wake`, or when the signal aborts.
 *
 * @param ms Milliseconds.
 */
export function pause(ms: number, wake: EventTarget, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms);
    wake.addEventListener("wake", end);
    signal.addEventListener("abort", end);

    function end() {
      clearTimeout(timer);
      wake.removeEventListener("wake", end);
      signal.removeEventListener("abort", end);
      resolve();
    }
  });
}
