import type OpenSeadragon from "openseadragon";
import type { PictureSource, TileRequest } from "@/lib/viewer/picture-source";

const TILE_PIXELS = 512;
// Neighbours share a pixel, so that no lines appear between them when rotated.
const OVERLAP_PIXELS = 1;

/** A picture in OpenSeadragon's form: levels of half the size, the smallest of one tile. */
export function tileSource(
  library: typeof OpenSeadragon,
  picture: PictureSource,
): OpenSeadragon.TileSource {
  const { width, height } = picture.size;
  const levels = Math.max(0, Math.ceil(Math.log2(Math.max(width, height) / TILE_PIXELS)));
  const source = new library.TileSource({
    width,
    height,
    tileSize: TILE_PIXELS,
    tileOverlap: OVERLAP_PIXELS,
    minLevel: 0,
    maxLevel: levels,
    ready: true,
  });
  return Object.assign(source, {
    hasTransparency: () => false,
    getTileUrl: (level: number, x: number, y: number) => `${picture.id}/${level}/${x}/${y}`,
    downloadTileStart: (job: OpenSeadragon.ImageJob) => {
      const { level, x, y } = job.tile;
      picture.tile(partOf(source, level, x, y)).then(
        (context) => job.finish(context, null, "context2d"),
        (error) => job.fail(String(error), null),
      );
    },
    downloadTileAbort: () => {},
  });
}

function partOf(
  source: OpenSeadragon.TileSource,
  level: number,
  x: number,
  y: number,
): TileRequest {
  const { width, height } = source.getTileBounds(level, x, y, true);
  const start = (place: number) => (place === 0 ? 0 : TILE_PIXELS * place - OVERLAP_PIXELS);
  const reduction = 2 ** (source.maxLevel - level);
  return { reduction, x: start(x), y: start(y), width, height };
}
