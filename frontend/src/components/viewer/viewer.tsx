"use client";

import { useTranslations } from "next-intl";
import { useState } from "react";
import { VerdictMark } from "@/components/shared/verdict-badge";
import type { ThresholdState } from "@/components/threshold/use-threshold";
import { AnnotationsField } from "@/components/viewer/annotations-field";
import { Controls } from "@/components/viewer/controls";
import { Downloads } from "@/components/viewer/downloads";
import { FindSlide } from "@/components/viewer/find-slide";
import { FociList } from "@/components/viewer/foci-list";
import { LegendBar } from "@/components/viewer/legend-bar";
import { Magnifications } from "@/components/viewer/magnifications";
import { Readout } from "@/components/viewer/readout";
import { SmallCopy } from "@/components/viewer/small-copy";
import { Stage } from "@/components/viewer/stage";
import { ThresholdField } from "@/components/viewer/threshold-field";
import { TileTable } from "@/components/viewer/tile-table";
import { useAnnotations } from "@/components/viewer/use-annotations";
import { useLineText } from "@/components/viewer/use-line-text";
import { useOpacity } from "@/components/viewer/use-opacity";
import { usePicture } from "@/components/viewer/use-picture";
import type { Choice } from "@/components/viewer/use-scene";
import { useSlideSource } from "@/components/viewer/use-slide-source";
import { useViewerParts } from "@/components/viewer/use-viewer-parts";
import type { HistoryRecord, PredictionResult } from "@/lib/api/schema";
import { cn } from "@/lib/class-names";
import type { Polygon } from "@/lib/result/annotations";
import { imageScale, type Tile } from "@/lib/result/geometry";

const NONE: readonly Polygon[] = [];

interface ViewerProps {
  record: HistoryRecord;
  threshold: ThresholdState;
}

/** The image with the model's findings. */
export function Viewer({ record, threshold }: ViewerProps) {
  const { result } = record;
  const { image, region } = result;
  const t = useTranslations("result.viewer");
  const lineText = useLineText();
  const [choice, setChoice] = useChoice(result);
  const [selected, setSelected] = useState<Tile | null>(null);
  const picture = usePicture(record);
  const slide = useSlideSource(result);
  const annotations = useAnnotations(image);
  const { foci, scene, stage } = useViewerParts({
    ...{ result, picture, choice, rule: threshold.rule },
    annotations: annotations.shown?.polygons ?? NONE,
  });
  const { screen, store, tiles } = stage;

  return (
    <section aria-label={t("label")} className="@container min-w-0 rounded-lg border bg-surface">
      {result.verdict === "not_assessable" && (
        <p className="flex gap-2 border-b px-3 py-2 font-medium text-sm text-withheld">
          <VerdictMark verdict="not_assessable" className="mt-1" />
          {t("not_a_verdict")}
        </p>
      )}
      <div
        ref={screen.ref}
        className={cn("overflow-hidden rounded-t-lg bg-surface", screen.isFull && "flex flex-col")}
      >
        <div
          className={cn(
            region && "@3xl:grid @3xl:grid-cols-[minmax(0,1fr)_14rem] print:block",
            screen.isFull && "flex min-h-0 flex-1 flex-col",
          )}
        >
          <Stage
            {...{ ...stage, picture, slide, selected }}
            isSideBySide={choice.view === "side"}
            isFilling={screen.isFull}
          />
          {region && <FociList foci={foci} image={image} picture={picture.element} />}
        </div>
        <div className="grid grid-cols-1 gap-3 border-t px-3 py-2">
          <Controls isRegion={region !== null} choice={choice} onChange={setChoice} />
          <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
            <Legend {...{ result, choice, threshold }} />
            {image.scale_source !== "assumed" && (
              <Magnifications store={store} micronsPerPixel={imageScale(image)[0]} />
            )}
          </div>
          {region && choice.view !== "image" && choice.hasOutline && (
            <p className="text-muted text-xs print:hidden">{lineText(threshold.rule)}</p>
          )}
        </div>
      </div>
      <Readout {...{ result, store, tiles, selected }} rule={threshold.rule} />
      <div className="flex flex-wrap justify-between gap-x-6 gap-y-2 border-t p-3 print:hidden">
        <Downloads result={result} scene={scene} choice={choice} rule={threshold.rule} />
        <AnnotationsField annotations={annotations} />
      </div>
      {result.slide
        ? !slide && <FindSlide result={result} />
        : picture.isSmall && <SmallCopy result={result} picture={picture} />}
      {region && (
        <TileTable
          {...{ result, tiles, selected }}
          rule={threshold.rule}
          onSelect={(tile) => {
            setSelected(tile);
            store.point(null);
            store.centre(tile);
          }}
        />
      )}
    </section>
  );
}

interface LegendProps {
  result: PredictionResult;
  choice: Choice;
  threshold: ThresholdState;
}

/** The legend of the colours, with the threshold. */
function Legend({ result, choice, threshold }: LegendProps) {
  return (
    <div className="flex min-w-0 flex-wrap items-start gap-x-6 gap-y-2">
      {choice.view !== "image" && (
        <LegendBar
          measure={choice.layer === "grid" ? "evidence" : choice.layer}
          threshold={threshold.rule.threshold}
          opacity={choice.opacity}
        />
      )}
      {result.region && <ThresholdField result={result} threshold={threshold} />}
    </div>
  );
}

/** The initial view, with the opacity stored in this browser. */
function useChoice({ region }: PredictionResult): readonly [Choice, (choice: Choice) => void] {
  const [opacity, setOpacity] = useOpacity();
  const [choice, setChoice] = useState<Omit<Choice, "opacity">>({
    view: "overlay",
    layer: region ? "tiles" : "evidence",
    hasOutline: true,
  });
  return [
    { ...choice, opacity },
    ({ opacity: chosen, ...rest }) => {
      setOpacity(chosen);
      setChoice(rest);
    },
  ];
}
