import { decodeTile } from "@/lib/slide/decode";
import type { OpenedSlide } from "@/lib/slide/open-slide";
import { type Level, partOf, tileBytes, tileCounts } from "@/lib/slide/segments";

/** Tiles that are decoded at once, and the bytes that they may take. */
const AT_ONCE = 8;
const AT_ONCE_BYTES = 64 * 1024 * 1024;
/** Rows of tiles that are kept as pixels: areas reach from one into the next. */
const KEPT_ROWS = 2;

/** Reads the tiles of a slide unchanged, for the picture that is sent. */
export class TileReader {
  private readonly rows = new Map<string, Uint8ClampedArray>();

  /**
   * @param turn Awaited before each tile, so that something else can come first.
   */
  constructor(
    private readonly slide: OpenedSlide,
    private readonly turn: () => Promise<void>,
  ) {}

  /** Some rows of a level, RGBA, with all its columns. */
  async band(index: number, top: number, bottom: number): Promise<Uint8ClampedArray> {
    const level = this.level(index);
    const bytes = level.width * 4;
    const band = new Uint8ClampedArray((bottom - top) * bytes);
    const { height } = level.tile;
    for (let row = Math.floor(top / height); row * height < bottom; row++) {
      const pixels = await this.row(index, row);
      const [begin, end] = [Math.max(top, row * height), Math.min(bottom, (row + 1) * height)];
      const first = (begin - row * height) * bytes;
      band.set(pixels.subarray(first, first + (end - begin) * bytes), (begin - top) * bytes);
    }
    return band;
  }

  /** The pixels of one tile, RGBA, cut at the level's edge; white if the scanner left it out. */
  async tile(index: number, column: number, row: number): Promise<ImageData> {
    const level = this.level(index);
    const part = partOf(level, column, row);
    const { width, height } = part;
    const { across } = tileCounts(level);
    await this.turn();
    const content = await tileBytes(this.slide.file, level, row * across + column);
    if (!content) {
      return new ImageData(new Uint8ClampedArray(width * height * 4).fill(255), width, height);
    }
    const bitmap = await decodeTile(content, level, part, null);
    const pixels = pixelsOf(bitmap, width, height);
    bitmap.close();
    return pixels;
  }

  private level(index: number): Level {
    return this.slide.levels[index] ?? this.slide.levels[0];
  }

  private async row(index: number, row: number): Promise<Uint8ClampedArray> {
    const key = `${index}/${row}`;
    const known = this.rows.get(key);
    if (known) {
      return known;
    }
    // Before another one takes memory.
    const [oldest] = this.rows.keys();
    if (this.rows.size === KEPT_ROWS && oldest !== undefined) {
      this.rows.delete(oldest);
    }
    const found = await this.decodedRow(index, row);
    this.rows.set(key, found);
    return found;
  }

  private async decodedRow(index: number, row: number): Promise<Uint8ClampedArray> {
    const level = this.level(index);
    const height = Math.min(level.tile.height, level.height - row * level.tile.height);
    const pixels = new Uint8ClampedArray(level.width * height * 4);
    const { across } = tileCounts(level);
    const bytes = 4 * level.tile.width * level.tile.height;
    const atOnce = Math.max(1, Math.min(AT_ONCE, Math.floor(AT_ONCE_BYTES / bytes)));
    for (let first = 0; first < across; first += atOnce) {
      const count = Math.min(atOnce, across - first);
      const columns = Array.from({ length: count }, (_, place) => first + place);
      const tiles = await Promise.all(columns.map((column) => this.tile(index, column, row)));
      tiles.forEach((tile, place) => {
        put(pixels, level, tile, (first + place) * level.tile.width);
      });
    }
    return pixels;
  }
}

function put(row: Uint8ClampedArray, level: Level, tile: ImageData, left: number): void {
  const bytes = tile.width * 4;
  for (let y = 0; y < tile.height; y++) {
    const to = (y * level.width + left) * 4;
    row.set(tile.data.subarray(y * bytes, (y + 1) * bytes), to);
  }
}

let canvas: OffscreenCanvas | null = null;

function pixelsOf(bitmap: ImageBitmap, width: number, height: number): ImageData {
  canvas ??= new OffscreenCanvas(width, height);
  if (canvas.width < width || canvas.height < height) {
    canvas.width = Math.max(canvas.width, width);
    canvas.height = Math.max(canvas.height, height);
  }
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) {
    throw new Error("no canvas of this size");
  }
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, width, height);
}
