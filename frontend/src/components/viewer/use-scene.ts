import { useQuery } from "@tanstack/react-query";
import { useFormatter, useTranslations } from "next-intl";
import { useCallback, useMemo } from "react";
import { modelQuery } from "@/lib/api/queries";
import type { ImageFacts, PredictionResult } from "@/lib/api/schema";
import {
  coveredSize,
  emptyTiles,
  imageScale,
  outlineOf,
  type Rect,
  type Tile,
} from "@/lib/result/geometry";
import type { Measure } from "@/lib/result/legend";
import { canvasOf, type Overlay, type Scene } from "@/lib/result/paint";
import { cellRaster, evidenceRaster, type Raster, tileRaster } from "@/lib/result/raster";
import { sideOf } from "@/lib/threshold/threshold";

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

const NO_LINES = { outline: [], dashed: [] };

interface SceneParts {
  result: PredictionResult;
  tiles: readonly Tile[];
  picture: CanvasImageSource | null;
  choice: Choice;
  marked: Rect | null;
  /** Canvases are of browsers only: false while the server draws the page. */
  isReady: boolean;
}

/** What is to be drawn, the same object while that is the same; null before it can be. */
export function useScene(parts: SceneParts): Scene | null {
  const { result, tiles, picture, choice, marked, isReady } = parts;
  const overlay = useOverlay(result, choice, isReady);
  const barLabel = useBarLabel(result.image);
  const { outline, dashed, empty } = useMemo(() => {
    const around = (side: ReturnType<typeof sideOf>) =>
      outlineOf(tiles.filter((tile) => sideOf(result, tile.probability) === side));
    return {
      outline: around("at_or_above"),
      dashed: around("inconclusive"),
      empty: emptyTiles(result),
    };
  }, [result, tiles]);
  const { mode, hasOutline } = choice;
  return useMemo(() => {
    if (!isReady) {
      return null;
    }
    const { image } = result;
    const base = { image, picture, marked, barLabel, micronsPerPixel: imageScale(image)[0] };
    return mode === "image"
      ? { ...base, overlay: null, ...NO_LINES, empty: [] }
      : { ...base, overlay, ...(hasOutline ? { outline, dashed } : NO_LINES), empty };
  }, [
    isReady,
    result,
    picture,
    marked,
    barLabel,
    mode,
    hasOutline,
    overlay,
    outline,
    dashed,
    empty,
  ]);
}

function useBarLabel(image: ImageFacts): (microns: number) => string {
  const t = useTranslations("result.viewer");
  const format = useFormatter();
  return useCallback(
    (microns) => {
      const isLarge = microns >= 1000;
      const length = t(isLarge ? "millimetres" : "microns", {
        length: format.number(isLarge ? microns / 1000 : microns),
      });
      return image.scale_source === "assumed" ? t("assumed", { length }) : length;
    },
    [t, format, image],
  );
}

function useOverlay(result: PredictionResult, choice: Choice, isReady: boolean): Overlay | null {
  const { data: model } = useQuery(modelQuery);
  const format = useFormatter();
  const { opacity } = choice;
  const measure = choice.mode === "grid" ? "grid" : choice.measure;
  const pixels = useMemo(
    () => (isReady ? canvasOf(rasterOf(result, measure)) : null),
    [result, measure, isReady],
  );
  return useMemo(() => {
    const covered = coveredSize(result, model);
    const { grid } = result.gradcam;
    const label = (value: number) => format.number(value, ONE_DECIMAL);
    return (
      pixels &&
      covered && {
        pixels,
        covered,
        opacity,
        isSmooth: measure === "evidence",
        figures: measure === "grid" ? { grid, label } : null,
      }
    );
  }, [result, model, format, opacity, measure, pixels]);
}

// Nothing is written as minus zero.
const ONE_DECIMAL = {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
  signDisplay: "negative",
} as const;

function rasterOf({ gradcam, region }: PredictionResult, measure: Measure | "grid"): Raster {
  if (measure === "tiles" && region) {
    return tileRaster(region.tiles);
  }
  return measure === "grid" ? cellRaster(gradcam.grid) : evidenceRaster(gradcam.grid);
}
