import { useMemo } from "react";
import type { ThresholdState } from "@/components/threshold/use-threshold";
import { FociList } from "@/components/viewer/foci-list";
import { Magnifications } from "@/components/viewer/magnifications";
import { Stage } from "@/components/viewer/stage";
import { ThresholdField } from "@/components/viewer/threshold-field";
import { useLoadedImage } from "@/components/viewer/use-loaded-image";
import type { Choice } from "@/components/viewer/use-scene";
import { useViewerParts } from "@/components/viewer/use-viewer-parts";
import { useObjectUrl } from "@/hooks/use-object-url";
import type { PredictionResult } from "@/lib/api/schema";
import { cn } from "@/lib/class-names";
import type { Polygon } from "@/lib/result/annotations";
import type { LocalSlide } from "@/lib/slide/local-slide";
import { slideSource } from "@/lib/viewer/slide-source";

const CHOICE: Choice = { view: "overlay", layer: "tiles", opacity: 1, hasOutline: true };
const PLAIN: Choice = { ...CHOICE, view: "image" };
const NONE: readonly Polygon[] = [];

interface SlideStageProps {
  slide: LocalSlide;
  /** The picture that is sent, from which foci are cut out; null until it is ready. */
  picture: Blob | null;
  result: PredictionResult;
  threshold: ThresholdState;
  /** The part of the result that exists. */
  state: "none" | "some" | "all";
}

/** The slide in all its resolutions, with as much of the result as there is. */
export function SlideStage({ slide, picture, result, threshold, state }: SlideStageProps) {
  const source = useMemo(() => slideSource(slide), [slide]);
  const address = useObjectUrl(picture);
  const { element, imgProps } = useLoadedImage();
  const { foci, stage } = useViewerParts({
    result,
    picture: { element },
    rule: threshold.rule,
    choice: state === "none" ? PLAIN : CHOICE,
    annotations: NONE,
  });
  // Tiles that are not scored yet must not look like glass.
  const scene = useMemo(
    () => stage.scene && (state === "all" ? stage.scene : { ...stage.scene, empty: [] }),
    [stage.scene, state],
  );
  const [micronsPerPixel] = slide.facts.scale;
  return (
    <div
      ref={stage.screen.ref}
      className={cn("bg-surface", stage.screen.isFull && "flex flex-col")}
    >
      <div
        className={cn(
          state !== "none" && "@3xl:grid @3xl:grid-cols-[minmax(0,1fr)_14rem]",
          stage.screen.isFull && "flex min-h-0 flex-1 flex-col",
        )}
      >
        <Stage
          {...{ ...stage, scene }}
          slide={source}
          picture={{ source: null, element, file: null, imgProps }}
          selected={null}
          isSideBySide={false}
          isFilling={stage.screen.isFull}
        />
        {state !== "none" && (
          <FociList
            foci={foci}
            image={result.image}
            picture={element}
            isPreliminary={state === "some"}
          />
        )}
      </div>
      {/* biome-ignore lint/performance/noImgElement: the visitor's own picture, drawn elsewhere */}
      {address && <img src={address} alt="" hidden {...imgProps} />}
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3 border-t px-3 py-2">
        {state === "none" ? <span /> : <ThresholdField result={result} threshold={threshold} />}
        <Magnifications store={stage.store} micronsPerPixel={micronsPerPixel} />
      </div>
    </div>
  );
}
