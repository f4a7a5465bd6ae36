import { tapsOf } from "@/lib/slide/area";
import { type AveragePlan, Overview, readAverages, rowsAtOnce } from "@/lib/slide/averages";
import { joined } from "@/lib/slide/bytes";
import { SlideError } from "@/lib/slide/error";
import { BLOCK, blockMeans, GlassFlattener, stripRows, whitePoint } from "@/lib/slide/glass";
import { downsampleOf, levelFor, type Size, sizeIn } from "@/lib/slide/levels";
import type { OpenedSlide } from "@/lib/slide/open-slide";
import { PngWriter } from "@/lib/slide/png";
import { tileCounts } from "@/lib/slide/segments";
import { TileReader } from "@/lib/slide/tile-reader";

/** Makes the picture that is sent for a slide: all of it at the model's scale, lossless. */

/** The service's limits, and its model's scale and patch. */
export interface PictureLimits {
  micronsPerPixel: number;
  patchSizePixels: number;
  maxPixels: number;
  maxBytes: number;
}

export interface SlidePicture extends Size {
  png: Blob;
}

/** Scale at which the service finds tissue, in µm per pixel. */
const OVERVIEW_MICRONS = 16;
/** Places across and down at which glass is looked for. */
const SAMPLES = 4;
/** What is looked at of a tile that is larger. */
const SAMPLE_PIXELS = 512 * 512;

/**
 * Make the picture, and in a chunk of its own what the service finds the tissue by: the same level
 * at 16 µm per pixel, as the command averages it. From the picture it would be averaged, and
 * rounded, twice.
 *
 * @param onShare Called with the share of rows done.
 * @param turn Awaited before each tile, so that something else can come first.
 * @throws SlideError `too_large` where it exceeds the limits; `corrupt` for a damaged tile.
 */
export async function makePicture(
  slide: OpenedSlide,
  limits: PictureLimits,
  onShare: (share: number) => void,
  turn: () => Promise<void>,
): Promise<SlidePicture> {
  const reader = new TileReader(slide, turn);
  const { size, index, picture, overview: plan, overviewRows } = planOf(slide, limits);
  const overview = new Overview(reader, plan, overviewRows);
  const white = whitePoint(await sampledMeans(reader, slide, index));
  const flattener = new GlassFlattener(size.width, limits.patchSizePixels, white);
  const png = new PngWriter(size.width, size.height, slide.profile?.slice() ?? null);
  const rows = stripRows(limits.patchSizePixels);
  try {
    for (let top = 0; top < size.height; top += rows) {
      const end = Math.min(top + rows, size.height);
      const parts: Uint8Array[] = [];
      for (let row = top; row < end; row += rowsAtOnce(picture)) {
        const count = Math.min(rowsAtOnce(picture), end - row);
        parts.push(await readAverages(reader, picture, row, count));
        // While the tiles are at hand.
        await overview.readTo(Math.floor((row + count) * picture.down.step));
      }
      const ready = flattener.push(joined(parts));
      await (ready && png.write(ready));
      onShare(end / size.height);
    }
    const last = flattener.end();
    await (last && png.write(last));
    await overview.readTo(picture.down.size);
  } catch (error) {
    png.abort();
    throw error;
  }
  const blob = await png.end(overview.pixels());
  if (blob.size > limits.maxBytes) {
    throw new SlideError("too_large");
  }
  return { ...size, png: blob };
}

/** Which level is read, and what is made of it; throws a SlideError `too_large`. */
function planOf(slide: OpenedSlide, limits: PictureLimits) {
  const [first] = slide.levels;
  const [across, down] = slide.scale.map((microns) => limits.micronsPerPixel / microns);
  const steps = [across ?? 1, down ?? 1] as const;
  const size = { width: sizeIn(first.width, steps[0]), height: sizeIn(first.height, steps[1]) };
  if (size.width * size.height > limits.maxPixels) {
    throw new SlideError("too_large");
  }
  const index = levelFor(slide.levels, Math.min(...steps));
  const level = slide.levels[index] ?? first;
  const reduced = downsampleOf(level, first);
  const planAt = (times: number): AveragePlan => ({
    index,
    width: level.width,
    down: { step: (times * steps[1]) / reduced[1], size: level.height },
    across: tapsOf(
      { step: (times * steps[0]) / reduced[0], size: level.width },
      0,
      sizeIn(first.width, times * steps[0]),
    ),
  });
  const times = OVERVIEW_MICRONS / limits.micronsPerPixel;
  const overviewRows = sizeIn(first.height, times * steps[1]);
  return { size, index, picture: planAt(1), overview: planAt(times), overviewRows };
}

/** Mean colours of blocks in tiles from all parts of a level. */
async function sampledMeans(
  reader: TileReader,
  slide: OpenedSlide,
  index: number,
): Promise<Float32Array> {
  const level = slide.levels[index] ?? slide.levels[0];
  const { across, down } = tileCounts(level);
  const parts: Float32Array[] = [];
  for (const row of spread(down)) {
    for (const column of spread(across)) {
      const { data, width, height } = await reader.tile(index, column, row);
      const rows = Math.min(height, Math.ceil(SAMPLE_PIXELS / width));
      if (Math.min(width, rows) >= BLOCK) {
        parts.push(blockMeans(data, width, rows, 4));
      }
    }
  }
  const means = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    means.set(part, at);
    at += part.length;
  }
  return means;
}

function spread(count: number): readonly number[] {
  const wanted = Math.min(SAMPLES, count);
  return Array.from({ length: wanted }, (_, place) => Math.floor(((place + 0.5) * count) / wanted));
}
