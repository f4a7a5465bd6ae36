import { useMemo, useState } from "react";
import type { Focus, PredictionResult } from "@/lib/api/schema";
import { boundsOf, fociAt } from "@/lib/result/foci";
import type { ViewportStore } from "@/lib/viewer/viewport-store";

export type Foci = ReturnType<typeof useFoci>;

/** The foci at a threshold, the most suspicious first, and which of them was flown to. */
export function useFoci(result: PredictionResult, threshold: number, store: ViewportStore) {
  const [chosen, setChosen] = useState<Focus | null>(null);
  const foci = useMemo(() => fociAt(result, threshold), [result, threshold]);
  const place = chosen ? foci.indexOf(chosen) : -1;

  function fly(focus: Focus | undefined) {
    if (focus) {
      setChosen(focus);
      store.point(null);
      store.centre(boundsOf(focus));
    }
  }

  return {
    foci,
    /** Null before one was chosen, and after the threshold has changed. */
    current: foci[place] ?? null,
    /** From 0 on; -1 for none. */
    place,
    fly,
    /** After the last comes the first. */
    step: (by: 1 | -1) => {
      const start = place < 0 && by < 0 ? 0 : place;
      fly(foci[(start + by + foci.length) % foci.length]);
    },
  };
}
