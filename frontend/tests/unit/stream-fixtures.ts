import type { ImageEvent, TissueEvent } from "@/lib/api/schema";

export const IMAGE_EVENT: ImageEvent = {
  event: "image",
  width: 600,
  height: 400,
  microns_per_pixel: 4,
  microns_per_pixel_xy: null,
  scale_source: "request",
  kind: "region",
  warnings: [],
};

export function tissueEvent(tissue: boolean[][]): TissueEvent {
  return {
    event: "tissue",
    rows: tissue.length,
    columns: tissue[0]?.length ?? 0,
    tile_size_pixels: 50,
    microns_per_pixel: 4,
    tissue,
    total: tissue.flat().filter(Boolean).length,
    warnings: [],
  };
}
