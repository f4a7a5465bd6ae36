"use client";

import { useQuery } from "@tanstack/react-query";
import type { TileMapProps } from "@/components/upload/tile-map";
import { modelQuery } from "@/lib/api/queries";
import type { Upload } from "@/lib/upload/uploads";

/** Used until the service's model is known. */
const ANY_THRESHOLD = 0.5;

/** The map of an upload, as far as there is one; null for a patch, and before tissue is found. */
export function useTileMap({ options, progress }: Upload): TileMapProps | null {
  const { data: model } = useQuery(modelQuery);
  if (progress.phase === "done") {
    const { image, region, threshold } = progress.result;
    return region && { image, region, tiles: region.tiles, tissue: NO_TISSUE, threshold };
  }
  if (progress.phase !== "analysing") {
    return null;
  }
  const { image, tissue, tiles } = progress.analysis;
  const point = model?.operatingPoints[options.operatingPoint ?? model.defaultOperatingPoint];
  const threshold = point?.threshold ?? ANY_THRESHOLD;
  return image && tissue && { image, region: tissue, tiles, tissue: tissue.tissue, threshold };
}

/** A constant object; otherwise the map would be redrawn. */
const NO_TISSUE: readonly (readonly boolean[])[] = [];
