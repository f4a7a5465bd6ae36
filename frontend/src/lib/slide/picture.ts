import { averageRows, spanOf, tapsOf } from "@/lib/slide/area";
import { SlideError } from "@/lib/slide/error";
import { BLOCK, blockMeans, GlassFlattener, stripRows, whitePoint } from "@/lib/slide/glass";
import { downsampleOf, levelFor, type Size, sizeIn } from "@/lib/slide/levels";
import type { OpenedSlide } from "@/lib/slide/open-slide";
import { PngWriter } from "@/lib/slide/png";
import { tileCounts } from "@/lib/slide/segments";
import { TileReader } from "@/lib/slide/tile-reader";

/** What a slide is sent as: all of it at the model's scale, without loss. */

/** What the service takes, and how its model looks. */
export interface PictureLimits {
  micronsPerPixel: number;
  patchSizePixels: number;
  maxPixels: number;
  maxBytes: number;
}

export interface SlidePicture extends Size {
  png: Blob;
}

/** Places across and down at which glass is looked for. */
const SAMPLES = 6;

/**
 * Make the picture.
 *
 * @param onShare Told the share of the rows that are done.
 * @throws SlideError `too_large` where it exceeds the limits; `corrupt` for a damaged tile.
 */
export async function makePicture(
  slide: OpenedSlide,
  limits: PictureLimits,
  onShare: (share: number) => void,
): Promise<SlidePicture> {
  const reader = new TileReader(slide);
  const steps = slide.scale.map((microns) => limits.micronsPerPixel / microns);
  const [across = 1, down = 1] = steps;
  const [first] = slide.levels;
  const size = { width: sizeIn(first.width, across), height: sizeIn(first.height, down) };
  if (size.width * size.height > limits.maxPixels) {
    throw new SlideError("too_large");
  }
  const index = levelFor(slide.levels, Math.min(...steps));
  const level = slide.levels[index] ?? first;
  const [reducedAcross, reducedDown] = downsampleOf(level, first);
  const columns = tapsOf({ step: across / reducedAcross, size: level.width }, 0, size.width);
  const axis = { step: down / reducedDown, size: level.height };
  const white = whitePoint(await sampledMeans(reader, slide, index));
  const flattener = new GlassFlattener(size.width, limits.patchSizePixels, white);
  const png = new PngWriter(size.width, size.height, slide.profile?.slice() ?? null);
  const rows = stripRows(limits.patchSizePixels);
  try {
    for (let top = 0; top < size.height; top += rows) {
      const taps = tapsOf(axis, top, Math.min(rows, size.height - top));
      const [begin, end] = spanOf(taps);
      const rgba = await reader.band(index, begin, end);
      const band = { top: begin, width: level.width, rgba };
      const ready = flattener.push(averageRows(band, taps, columns));
      await (ready && png.write(ready));
      onShare(Math.min(1, (top + rows) / size.height));
    }
    const last = flattener.end();
    await (last && png.write(last));
  } catch (error) {
    png.abort();
    throw error;
  }
  const blob = await png.end();
  if (blob.size > limits.maxBytes) {
    throw new SlideError("too_large");
  }
  return { ...size, png: blob };
}

/** Mean colours of blocks in tiles from all over a level. */
async function sampledMeans(
  reader: TileReader,
  slide: OpenedSlide,
  index: number,
): Promise<Float32Array> {
  const level = slide.levels[index] ?? slide.levels[0];
  const { across, down } = tileCounts(level);
  const means: number[] = [];
  for (const row of spread(down)) {
    for (const column of spread(across)) {
      const { data, width, height } = await reader.tile(index, column, row);
      if (Math.min(width, height) >= BLOCK) {
        means.push(...blockMeans(data, width, height, 4));
      }
    }
  }
  return Float32Array.from(means);
}

function spread(count: number): readonly number[] {
  const wanted = Math.min(SAMPLES, count);
  return Array.from({ length: wanted }, (_, place) => Math.floor(((place + 0.5) * count) / wanted));
}
