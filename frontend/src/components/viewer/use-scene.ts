import { useQuery } from "@tanstack/react-query";
import { useFormatter, useTranslations } from "next-intl";
import { useCallback, useMemo } from "react";
import { modelQuery } from "@/lib/api/queries";
import type { Focus, ImageFacts, PredictionResult } from "@/lib/api/schema";
import type { Polygon } from "@/lib/result/annotations";
import { coveredSize, emptyTiles, imageScale, outlineOf, type Tile } from "@/lib/result/geometry";
import type { Measure } from "@/lib/result/legend";
import { canvasOf, type Overlay, plainScene, type Scene } from "@/lib/result/paint";
import { cellRaster, evidenceRaster, type Raster, tileRaster } from "@/lib/result/raster";
import { type Rule, sideOf } from "@/lib/threshold/threshold";

/** The overlay: tiles by probability, or evidence, smooth or as a grid of figures. */
export type Layer = Measure | "grid";

/** The visitor's choices. */
export interface Choice {
  view: "overlay" | "side" | "image";
  layer: Layer;
  /** Share of the full opacity, 0 to 1. */
  opacity: number;
  hasOutline: boolean;
}

interface SceneParts {
  result: PredictionResult;
  tiles: readonly Tile[];
  /** At the threshold of the rule. */
  foci: readonly Focus[];
  current: Focus | null;
  rule: Rule;
  /** Outlines that a person drew. */
  annotations: readonly Polygon[];
  picture: CanvasImageSource | null;
  choice: Choice;
  /** Only browsers have canvases: false while the server renders the page. */
  isReady: boolean;
}

/** The scene to draw; the same object while it does not change, null before it is available. */
export function useScene(parts: SceneParts): Scene | null {
  const { result, tiles, foci, current, rule, annotations, picture, choice, isReady } = parts;
  const overlay = useOverlay(parts);
  const barLabel = useBarLabel(result.image);
  const empty = useMemo(() => emptyTiles(result), [result]);
  const dashed = useMemo(
    () =>
      outlineOf(tiles.filter(({ probability }) => sideOf(rule, probability) === "inconclusive")),
    [tiles, rule],
  );
  const { view, hasOutline } = choice;
  return useMemo(() => {
    if (!isReady) {
      return null;
    }
    const { image } = result;
    const scene = {
      image,
      picture,
      overlay,
      foci: hasOutline ? foci.map(({ polygon }) => polygon) : [],
      current: current?.polygon ?? null,
      annotations,
      dashed: hasOutline ? dashed : [],
      empty,
      marked: null,
      ruler: null,
      barLabel,
      micronsPerPixel: imageScale(image)[0],
    };
    return view === "image" ? plainScene(scene) : scene;
  }, [
    isReady,
    result,
    picture,
    barLabel,
    view,
    hasOutline,
    overlay,
    foci,
    current,
    annotations,
    dashed,
    empty,
  ]);
}

/** The label of a scale bar by its length in µm. */
export function useBarLabel(image: ImageFacts): (microns: number) => string {
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

function useOverlay({ result, rule, choice, isReady }: SceneParts): Overlay | null {
  const { data: model } = useQuery(modelQuery);
  const format = useFormatter();
  const { opacity, layer } = choice;
  const { threshold } = rule;
  const pixels = useMemo(
    () => (isReady ? canvasOf(rasterOf(result, layer, threshold)) : null),
    [result, layer, threshold, isReady],
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
        isSmooth: layer === "evidence",
        figures: layer === "grid" ? { grid, label } : null,
      }
    );
  }, [result, model, format, opacity, layer, pixels]);
}

// Avoid minus zero.
const ONE_DECIMAL = {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
  signDisplay: "negative",
} as const;

function rasterOf({ gradcam, region }: PredictionResult, layer: Layer, threshold: number): Raster {
  if (layer === "tiles" && region) {
    return tileRaster(region.tiles, threshold);
  }
  return layer === "grid" ? cellRaster(gradcam.grid) : evidenceRaster(gradcam.grid);
}
