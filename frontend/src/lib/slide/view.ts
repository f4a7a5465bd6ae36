import { decodeTile } from "@/lib/slide/decode";
import { downsampleOf, levelFor } from "@/lib/slide/levels";
import type { OpenedSlide } from "@/lib/slide/open-slide";
import { type Level, partOf, tileBytes, tileCounts } from "@/lib/slide/segments";

/** A part of the slide at a reduction: 1, 2, 4 and so on; lengths in reduced pixels. */
export interface ViewRequest {
  reduction: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Decoded tiles that are kept; of 256 x 256 px they take a quarter of a MiB each. */
const MOST_BYTES = 64 * 1024 * 1024;
/** As many meet at a corner. */
const LEAST_TILES = 4;
/** What is shrunk more is put together from parts of half the reduction. */
const MOST_SHRINKING = 4;

/** Draws parts of a slide for the screen, with its colour profile. */
export class SlideView {
  private readonly tiles = new Map<string, Promise<ImageBitmap | null>>();

  constructor(private readonly slide: OpenedSlide) {}

  /** A part for the screen, on white. */
  async part(request: ViewRequest): Promise<ImageBitmap> {
    const canvas = await this.drawn(request);
    return canvas.transferToImageBitmap();
  }

  private async drawn(request: ViewRequest): Promise<OffscreenCanvas> {
    const { levels } = this.slide;
    const index = levelFor(levels, request.reduction);
    const level = levels[index] ?? levels[0];
    const [across, down] = downsampleOf(level, levels[0]).map((each) => request.reduction / each);
    const { canvas, context } = paper(Math.ceil(request.width), Math.ceil(request.height));
    if (Math.max(across ?? 1, down ?? 1) > MOST_SHRINKING) {
      await this.drawQuarters(context, request);
    } else {
      await this.drawLevel(context, request, index, [across ?? 1, down ?? 1]);
    }
    return canvas;
  }

  /** Four parts of half the reduction. */
  private async drawQuarters(
    context: OffscreenCanvasRenderingContext2D,
    { reduction, x, y, width, height }: ViewRequest,
  ): Promise<void> {
    for (const row of [0, 1]) {
      for (const column of [0, 1]) {
        const part = {
          reduction: reduction / 2,
          x: 2 * x + column * width,
          y: 2 * y + row * height,
          width,
          height,
        };
        const quarter = await this.drawn(part);
        const place = [column * (width / 2), row * (height / 2)] as const;
        context.drawImage(quarter, 0, 0, width, height, ...place, width / 2, height / 2);
      }
    }
  }

  /** In whole pixels of the level first, so that no lines appear between its tiles. */
  private async drawLevel(
    context: OffscreenCanvasRenderingContext2D,
    { x, y, width, height }: ViewRequest,
    index: number,
    [across, down]: readonly [number, number],
  ): Promise<void> {
    const level = this.slide.levels[index] ?? this.slide.levels[0];
    const left = Math.floor(x * across);
    const top = Math.floor(y * down);
    const right = Math.min(level.width, Math.ceil((x + width) * across) + 1);
    const bottom = Math.min(level.height, Math.ceil((y + height) * down) + 1);
    if (right <= left || bottom <= top) {
      return;
    }
    const { canvas, context: exact } = paper(right - left, bottom - top);
    await Promise.all(
      placesOf(level, { left, top, right, bottom }).map(async ({ column, row }) => {
        const bitmap = await this.tile(index, column, row);
        if (bitmap) {
          exact.drawImage(bitmap, column * level.tile.width - left, row * level.tile.height - top);
        }
      }),
    );
    const place = [(left - x * across) / across, (top - y * down) / down] as const;
    context.drawImage(canvas, ...place, (right - left) / across, (bottom - top) / down);
  }

  /** A decoded tile; null if the scanner left it out. */
  private tile(index: number, column: number, row: number): Promise<ImageBitmap | null> {
    const key = `${index}/${column}/${row}`;
    const found = this.tiles.get(key) ?? this.decoded(index, column, row);
    // The latest is last; the first is dropped when there are too many.
    this.tiles.delete(key);
    this.tiles.set(key, found);
    const { width, height } = (this.slide.levels[index] ?? this.slide.levels[0]).tile;
    const most = Math.max(LEAST_TILES, Math.floor(MOST_BYTES / (4 * width * height)));
    const [oldest] = this.tiles.keys();
    if (this.tiles.size > most && oldest !== undefined) {
      this.tiles.delete(oldest);
    }
    return found;
  }

  private async decoded(index: number, column: number, row: number): Promise<ImageBitmap | null> {
    const { file, levels, profile } = this.slide;
    const level = levels[index] ?? levels[0];
    const content = await tileBytes(file, level, row * tileCounts(level).across + column);
    return content && decodeTile(content, level, partOf(level, column, row), profile);
  }
}

function placesOf(
  level: Level,
  part: { left: number; top: number; right: number; bottom: number },
): readonly { column: number; row: number }[] {
  const { width, height } = level.tile;
  const places = [];
  for (let row = Math.floor(part.top / height); row * height < part.bottom; row++) {
    for (let column = Math.floor(part.left / width); column * width < part.right; column++) {
      places.push({ column, row });
    }
  }
  return places;
}

function paper(width: number, height: number) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  if (!context) {
    throw new Error("no canvas of this size");
  }
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  return { canvas, context };
}
