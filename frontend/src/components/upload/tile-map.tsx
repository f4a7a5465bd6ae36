"use client";

import { useLayoutEffect, useRef } from "react";
import type { RegionResult } from "@/lib/api/schema";
import { patchSize, type ScaledImage, scaleOf } from "@/lib/result/geometry";
import { type Grid, progressRaster } from "@/lib/result/raster";

export interface TileMapProps {
  image: ScaledImage;
  region: Pick<RegionResult, "rows" | "columns" | "tile_size_pixels" | "microns_per_pixel">;
  tiles: Grid;
  /** Tissue tiles that are not scored yet. */
  tissue: readonly (readonly boolean[])[];
  threshold: number;
}

/** A region's tiles over its picture, which fills the same place without being cut. */
export function TileMap({ image, region, tiles, tissue, threshold }: TileMapProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const tile = patchSize(image, scaleOf(region));
  useLayoutEffect(() => {
    const { width, height, data } = progressRaster(tiles, tissue, threshold);
    if (canvas.current) {
      // To set its size also clears it.
      canvas.current.width = width;
      canvas.current.height = height;
      canvas.current.getContext("2d")?.putImageData(new ImageData(data, width, height), 0, 0);
    }
  }, [tiles, tissue, threshold]);
  return (
    <div
      aria-hidden="true"
      className="pointer-events-none absolute inset-0 grid place-items-center [container-type:size]"
    >
      <div
        className="relative overflow-hidden"
        style={{
          aspectRatio: `${image.width} / ${image.height}`,
          width: `min(100cqw, ${(100 * image.width) / image.height}cqh)`,
        }}
      >
        <canvas
          ref={canvas}
          data-layer="tiles"
          className="pixelated absolute top-0 left-0 max-w-none"
          style={{
            width: `${(100 * region.columns * tile.width) / image.width}%`,
            height: `${(100 * region.rows * tile.height) / image.height}%`,
          }}
        />
      </div>
    </div>
  );
}
