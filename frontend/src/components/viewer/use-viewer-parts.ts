import { startTransition, useEffect, useMemo, useState } from "react";
import { useFoci } from "@/components/viewer/use-foci";
import { useFullScreen } from "@/components/viewer/use-full-screen";
import type { Picture } from "@/components/viewer/use-picture";
import { useRuler } from "@/components/viewer/use-ruler";
import { type Choice, useBarLabel, useScene } from "@/components/viewer/use-scene";
import { useViewerKeys } from "@/components/viewer/use-viewer-keys";
import type { PredictionResult } from "@/lib/api/schema";
import type { Polygon } from "@/lib/result/annotations";
import { tissueTiles } from "@/lib/result/geometry";
import { plainScene } from "@/lib/result/paint";
import type { Rule } from "@/lib/threshold/threshold";
import { ViewportStore } from "@/lib/viewer/viewport-store";

interface ViewedResult {
  result: PredictionResult;
  picture: Pick<Picture, "element">;
  rule: Rule;
  choice: Choice;
  /** Outlines that a person drew. */
  annotations: readonly Polygon[];
}

/** Drawing and key handling of every viewer of a result, independent of its layout. */
export function useViewerParts({ result, picture, rule, choice, annotations }: ViewedResult) {
  const { image } = result;
  const [isHidden, setIsHidden] = useState(false);
  const [store] = useState(() => new ViewportStore(image));
  const screen = useFullScreen<HTMLDivElement>();
  const tiles = useMemo(() => tissueTiles(result), [result]);
  const foci = useFoci(result, rule.threshold, store);
  const scene = useScene({
    ...{ result, tiles, foci: foci.foci, current: foci.current, rule, annotations, choice },
    picture: picture.element,
    isReady: useIsReady(store),
  });
  const shown = useMemo(() => (scene && isHidden ? plainScene(scene) : scene), [scene, isHidden]);
  const ruler = useRuler(image, store);
  useViewerKeys({
    frame: screen.ref,
    store,
    ruler,
    onHide: setIsHidden,
    onFull: screen.toggle,
    onStep: foci.step,
  });
  return {
    foci,
    /** The whole scene, also while a held key hides it. */
    scene,
    /** Properties of the stage. */
    stage: { result, tiles, store, screen, ruler, scene: shown, barLabel: useBarLabel(image) },
  };
}

/** Whether the image is in a pane, without a render for each movement. */
function useIsReady(store: ViewportStore): boolean {
  const [isReady, setIsReady] = useState(false);
  useEffect(
    () => store.subscribe(() => store.getView() && startTransition(() => setIsReady(true))),
    [store],
  );
  return isReady;
}
