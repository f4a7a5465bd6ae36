"use client";

import { useTranslations } from "next-intl";
import { useMemo, useState } from "react";
import { VerdictMark } from "@/components/shared/verdict-badge";
import { ChooseOriginal } from "@/components/viewer/choose-original";
import { Controls } from "@/components/viewer/controls";
import { Downloads } from "@/components/viewer/downloads";
import { LegendBar } from "@/components/viewer/legend-bar";
import { Readout } from "@/components/viewer/readout";
import { Stage } from "@/components/viewer/stage";
import { TileTable } from "@/components/viewer/tile-table";
import { type Picture, usePicture } from "@/components/viewer/use-picture";
import { type Choice, useScene } from "@/components/viewer/use-scene";
import { useViewport, type Viewport } from "@/components/viewer/use-viewport";
import type { HistoryRecord, PredictionResult } from "@/lib/api/schema";
import { type Tile, tileAt, tissueTiles } from "@/lib/result/geometry";
import type { Scene } from "@/lib/result/paint";
import { type Point, toImage } from "@/lib/result/viewport";

const ALL_OF_IT: Omit<Choice, "measure"> = { mode: "overlay", opacity: 1, hasOutline: true };

/** The image with what the model found in it. */
export function Viewer({ record }: { record: HistoryRecord }) {
  const { result } = record;
  const t = useTranslations("result.viewer");
  const measured = result.region ? "tiles" : "evidence";
  const [choice, setChoice] = useState<Choice>({ ...ALL_OF_IT, measure: measured });
  const picture = usePicture(record);
  const viewport = useViewport(result.image);
  const { tiles, point, marked, selected, setPointer, select } = useMeant(result, viewport);
  const scene = useScene({
    result,
    tiles,
    picture: picture.element,
    choice,
    marked,
    isReady: viewport.pane !== null,
  });

  return (
    <section aria-label={t("label")} className="min-w-0 rounded-lg border bg-surface">
      {result.verdict === "not_assessable" && (
        <p className="flex gap-2 border-b px-3 py-2 font-medium text-sm text-withheld">
          <VerdictMark verdict="not_assessable" className="mt-1" />
          {t("not_a_verdict")}
        </p>
      )}
      <Controls isRegion={result.region !== null} choice={choice} onChange={setChoice} />
      <Stage
        result={result}
        isSideBySide={choice.mode === "side"}
        scene={scene}
        picture={picture}
        viewport={viewport}
        onPoint={setPointer}
      />
      <Readout result={result} point={point} />
      <Below result={result} choice={choice} scene={scene} />
      {picture.isSmall && <SmallCopy result={result} picture={picture} />}
      {result.region && (
        <TileTable result={result} tiles={tiles} selected={selected} onSelect={select} />
      )}
    </section>
  );
}

/** Says that the picture is less than the image, and offers that where it can be drawn. */
function SmallCopy({ result, picture }: { result: PredictionResult; picture: Picture }) {
  const t = useTranslations("result.original");
  return picture.isUndrawable ? (
    <p className="border-t p-3 text-muted text-sm print:hidden">{t("undrawable")}</p>
  ) : (
    <ChooseOriginal result={result} onChoose={picture.show} />
  );
}

/** What is meant: the point and the tile under the pointer, else a tile that was selected. */
function useMeant(result: PredictionResult, viewport: Viewport) {
  const [pointer, setPointer] = useState<Point | null>(null);
  const [selected, setSelected] = useState<Tile | null>(null);
  const tiles = useMemo(() => tissueTiles(result), [result]);
  const under = pointer && viewport.view && toImage(viewport.view, pointer);
  return {
    tiles,
    selected,
    point: under ?? (selected && middleOf(selected)),
    marked: (under && tileAt(tiles, under)) ?? selected,
    setPointer,
    select: (tile: Tile) => {
      setSelected(tile);
      setPointer(null);
      viewport.centre(tile);
    },
  };
}

interface BelowProps {
  result: PredictionResult;
  choice: Choice;
  scene: Scene | null;
}

/** What the colours mean, and ways to take it along. */
function Below({ result, choice, scene }: BelowProps) {
  const measure = choice.mode === "grid" ? "evidence" : choice.measure;
  return (
    <div className="flex flex-wrap items-start justify-between gap-x-8 gap-y-3 border-t p-3">
      {choice.mode !== "image" && <LegendBar measure={measure} threshold={result.threshold} />}
      <Downloads result={result} scene={scene && { ...scene, marked: null }} choice={choice} />
    </div>
  );
}

function middleOf({ x, y, width, height }: Tile): Point {
  return { x: x + width / 2, y: y + height / 2 };
}
