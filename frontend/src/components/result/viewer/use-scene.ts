import { useQuery } from "@tanstack/react-query";
import { useFormatter, useTranslations } from "next-intl";
import { useMemo } from "react";
import { modelQuery } from "@/lib/api/queries";
import type { ImageFacts, PredictionResult } from "@/lib/api/schema";
import { coveredSize, emptyTiles, outlineOf, type Rect, tissueTiles } from "@/lib/result/geometry";
import type { Measure } from "@/lib/result/legend";
import { canvasOf, type Overlay, type Scene } from "@/lib/result/paint";
import { cellRaster, evidenceRaster, type Raster, tileRaster } from "@/lib/result/raster";

export type Mode = "overlay" | "side" | "grid" | "image";

/** What the visitor chose to see. */
export interface Choice {
  mode: Mode;
  /** What is laid over the image; the grid shows evidence always. */
  measure: Measure;
  /** Share of the opacity that the service draws with, 0 to 1. */
  opacity: number;
  hasOutline: boolean;
}

interface SceneParts {
  result: PredictionResult;
  picture: CanvasImageSource | null;
  choice: Choice;
  marked: Rect | null;
  /** Canvases are of browsers only: false while the server draws the page. */
  isReady: boolean;
}

/** What is to be drawn; null before it can be. */
export function useScene({ result, picture, choice, marked, isReady }: SceneParts): Scene | null {
  const overlay = useOverlay(result, choice, isReady);
  const barWords = useBarWords(result.image);
  const { outline, empty } = useMemo(() => {
    const tiles = tissueTiles(result).filter((tile) => tile.probability >= result.threshold);
    return { outline: outlineOf(tiles), empty: emptyTiles(result) };
  }, [result]);
  if (!isReady) {
    return null;
  }
  const isPlain = choice.mode === "image";
  return {
    image: result.image,
    picture,
    overlay: isPlain ? null : overlay,
    outline: choice.hasOutline && !isPlain ? outline : [],
    empty: isPlain ? [] : empty,
    marked,
    micronsPerPixel: result.image.microns_per_pixel,
    barWords,
  };
}

function useBarWords(image: ImageFacts): (microns: number) => string {
  const t = useTranslations("result.viewer");
  const format = useFormatter();
  return (microns) => {
    const isLarge = microns >= 1000;
    const length = t(isLarge ? "millimetres" : "microns", {
      length: format.number(isLarge ? microns / 1000 : microns),
    });
    return image.scale_source === "assumed" ? t("assumed", { length }) : length;
  };
}

function useOverlay(result: PredictionResult, choice: Choice, isReady: boolean): Overlay | null {
  const { data: model } = useQuery(modelQuery);
  const format = useFormatter();
  const isGrid = choice.mode === "grid";
  const measure = isGrid ? "grid" : choice.measure;
  const pixels = useMemo(
    () => (isReady ? canvasOf(rasterOf(result, measure)) : null),
    [result, measure, isReady],
  );
  const covered = coveredSize(result, model);
  if (!pixels || !covered) {
    return null;
  }
  const words = (value: number) =>
    format.number(value, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  return {
    pixels,
    covered,
    opacity: choice.opacity,
    isSmooth: measure === "evidence",
    figures: isGrid ? { grid: result.gradcam.grid, words } : null,
  };
}

function rasterOf({ gradcam, region }: PredictionResult, measure: Measure | "grid"): Raster {
  if (measure === "tiles" && region) {
    return tileRaster(region.tiles);
  }
  return measure === "grid" ? cellRaster(gradcam.grid) : evidenceRaster(gradcam.grid);
}
