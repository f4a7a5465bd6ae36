import { type Axis, averageRows, spanOf, type Taps, tapsOf } from "@/lib/slide/area";
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

/**
 * Make the picture, and in a chunk of its own what the service finds the tissue by: the same level
 * at 16 µm per pixel, as the command averages it. From the picture it would be averaged, and
 * rounded, twice.
 *
 * @param onShare Called with the share of rows done.
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
  const times = OVERVIEW_MICRONS / limits.micronsPerPixel;
  const overview = new Overview(reader, index, {
    down: { step: (times * down) / reducedDown, size: level.height },
    rows: sizeIn(first.height, times * down),
    across: tapsOf(
      { step: (times * across) / reducedAcross, size: level.width },
      0,
      sizeIn(first.width, times * across),
    ),
    width: level.width,
  });
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
      await overview.readTo(end);
      onShare(Math.min(1, (top + rows) / size.height));
    }
    const last = flattener.end();
    await (last && png.write(last));
    await overview.readTo(level.height);
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

interface OverviewPlan {
  down: Axis;
  rows: number;
  across: Taps;
  /** Of the level. */
  width: number;
}

/** The slide at 16 µm per pixel, put together while the level is read. */
class Overview {
  private readonly parts: Uint8Array[] = [];
  private done = 0;

  constructor(
    private readonly reader: TileReader,
    private readonly index: number,
    private readonly plan: OverviewPlan,
  ) {}

  /** Go on as far as so many rows of the level make it possible. */
  async readTo(bottom: number): Promise<void> {
    const { down, rows, across, width } = this.plan;
    const isAll = bottom === down.size;
    const ready = isAll ? rows : Math.min(rows, Math.floor(bottom / down.step));
    if (ready > this.done) {
      const taps = tapsOf(down, this.done, ready - this.done);
      const [begin, end] = spanOf(taps);
      const rgba = await this.reader.band(this.index, begin, end);
      this.parts.push(averageRows({ top: begin, width, rgba }, taps, across));
      this.done = ready;
    }
  }

  pixels(): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(lengthOf(this.parts));
    fill(whole, this.parts);
    return whole;
  }
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
      if (Math.min(width, height) >= BLOCK) {
        parts.push(blockMeans(data, width, height, 4));
      }
    }
  }
  const means = new Float32Array(lengthOf(parts));
  fill(means, parts);
  return means;
}

function fill(
  whole: Uint8Array | Float32Array,
  parts: readonly (Uint8Array | Float32Array)[],
): void {
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
}

function lengthOf(parts: readonly ArrayLike<number>[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

function spread(count: number): readonly number[] {
  const wanted = Math.min(SAMPLES, count);
  return Array.from({ length: wanted }, (_, place) => Math.floor(((place + 0.5) * count) / wanted));
}
