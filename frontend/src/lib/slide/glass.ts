import { roundHalfEven } from "@/lib/slide/levels";

/**
 * Flattens empty glass before a slide is sent: its noise would be most of the upload.
 *
 * The service decides what counts as tissue. It scores the tiles with tissue, with their
 * surroundings. So blocks of 4 x 4 pixels are replaced by their mean only in glass tiles whose
 * neighbours are all glass: the network's input stays the same to the last bit.
 */

/** Side in pixels of a block that gets one colour, at the model's scale: 16 µm. */
export const BLOCK = 4;
/** Red, green and blue of a slide's glass. */
export type White = readonly [number, number, number];

/** Like the service's rule for glass, `imaging/tissue.py`, with stricter bounds. */
const LEAST_BRIGHTNESS = 160;
const MOST_SATURATION = 0.08;
const LEAST_SHARE = 0.05;
const DIMMEST = 0.94;
/** The service calls nothing stained below 0.025. */
const MOST_DENSITY = 0.02;
/** A tile is scored from a tenth of stain on. */
const LEAST_GLASS_OF_TILE = 0.97;

/** Mean colour of each block, three numbers. */
export function blockMeans(
  pixels: Uint8Array | Uint8ClampedArray,
  width: number,
  rows: number,
  channels: 3 | 4,
): Float32Array {
  const [across, down] = [Math.floor(width / BLOCK), Math.floor(rows / BLOCK)];
  const means = new Float32Array(across * down * 3);
  const share = 1 / (BLOCK * BLOCK);
  for (let y = 0; y < down * BLOCK; y++) {
    let from = y * width * channels;
    let to = Math.floor(y / BLOCK) * across * 3;
    for (let block = 0; block < across; block++, to += 3) {
      for (let x = 0; x < BLOCK; x++, from += channels) {
        means[to] = (means[to] as number) + (pixels[from] as number) * share;
        means[to + 1] = (means[to + 1] as number) + (pixels[from + 1] as number) * share;
        means[to + 2] = (means[to + 2] as number) + (pixels[from + 2] as number) * share;
      }
    }
  }
  return means;
}

/** The white point of a slide, from blocks all over it; null if there is too little glass. */
export function whitePoint(means: Float32Array): White | null {
  const blocks = Array.from({ length: means.length / 3 }, (_, block) => colourAt(means, block));
  const bright = percentile(blocks.map(brightnessOf), 0.99);
  const glass = blocks.filter(
    (colour) =>
      brightnessOf(colour) >= Math.max(LEAST_BRIGHTNESS, DIMMEST * bright) &&
      saturationOf(colour) <= MOST_SATURATION,
  );
  if (glass.length < Math.max(1, LEAST_SHARE * blocks.length)) {
    return null;
  }
  const [red, green, blue] = ([0, 1, 2] as const).map((channel) =>
    percentile(
      glass.map((colour) => colour[channel]),
      0.95,
    ),
  );
  return [red ?? 255, green ?? 255, blue ?? 255];
}

/** Whether a block is clearly glass. */
function isGlass(means: Float32Array, block: number, white: White): boolean {
  const red = (means[3 * block] as number) + 1;
  const green = (means[3 * block + 1] as number) + 1;
  const blue = (means[3 * block + 2] as number) + 1;
  const light = (red / (white[0] + 1)) * (green / (white[1] + 1)) * (blue / (white[2] + 1));
  const saturation = 1 - Math.min(red, green, blue) / Math.max(red, green, blue);
  return -Math.log10(light) / 3 <= MOST_DENSITY && saturation <= MOST_SATURATION;
}

function colourAt(means: Float32Array, block: number): White {
  return [
    means[3 * block] as number,
    means[3 * block + 1] as number,
    means[3 * block + 2] as number,
  ];
}

function brightnessOf([red, green, blue]: White): number {
  return (red + green + blue) / 3;
}

function saturationOf(colour: White): number {
  return 1 - (Math.min(...colour) + 1) / (Math.max(...colour) + 1);
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
}

/** Smallest number of rows that is both whole tiles and whole blocks. */
export function stripRows(tile: number): number {
  return tile % BLOCK === 0 ? tile : 2 * tile;
}

/** Makes glass flat in consecutive strips, each of `stripRows` except the last. */
export class GlassFlattener {
  /** For each row of tiles, whether each tile is glass. */
  private readonly glass: boolean[][] = [];
  private held: Uint8Array | null = null;
  private given = 0;

  constructor(
    private readonly width: number,
    private readonly tile: number,
    private readonly white: White | null,
  ) {}

  /** Add a strip; returns the previous one, with flat glass. */
  push(strip: Uint8Array): Uint8Array | null {
    if (!this.white) {
      return strip;
    }
    this.glass.push(...this.glassOf(strip, this.white));
    const before = this.held;
    this.held = strip;
    return before && this.flat(before);
  }

  /** The last strip. */
  end(): Uint8Array | null {
    return this.held && this.flat(this.held);
  }

  private glassOf(strip: Uint8Array, white: White): boolean[][] {
    const rows = strip.length / (3 * this.width);
    const means = blockMeans(strip, this.width, rows, 3);
    const [across, down] = [Math.floor(this.width / BLOCK), Math.floor(rows / BLOCK)];
    const isGlassAt = Array.from({ length: across * down }, (_, block) =>
      isGlass(means, block, white),
    );
    const spans = (count: number, side: number) =>
      Array.from({ length: Math.ceil(side / this.tile) }, (_, place) => {
        const first = Math.floor((place * this.tile) / BLOCK);
        const last = Math.min(count, Math.ceil(((place + 1) * this.tile) / BLOCK));
        return [first, last] as const;
      });
    return spans(down, rows).map(([top, bottom]) =>
      spans(across, this.width).map(([left, right]) => {
        let glass = 0;
        for (let y = top; y < bottom; y++) {
          for (let x = left; x < right; x++) {
            glass += isGlassAt[y * across + x] ? 1 : 0;
          }
        }
        return glass >= LEAST_GLASS_OF_TILE * (bottom - top) * (right - left);
      }),
    );
  }

  private flat(strip: Uint8Array): Uint8Array {
    const rows = strip.length / (3 * this.width);
    const means = blockMeans(strip, this.width, rows, 3);
    const first = this.given;
    this.given += Math.ceil(rows / this.tile);
    const across = Math.floor(this.width / BLOCK);
    for (let y = 0; y < Math.floor(rows / BLOCK); y++) {
      for (let x = 0; x < across; x++) {
        if (this.mayBeFlat(first, y, x)) {
          this.fill(strip, x, y, colourAt(means, y * across + x).map(roundHalfEven));
        }
      }
    }
    return strip;
  }

  /** Whether all tiles that a block touches are glass, and all their neighbours. */
  private mayBeFlat(firstRow: number, y: number, x: number): boolean {
    const place = (block: number) => Math.floor((block * BLOCK) / this.tile);
    const end = (block: number) => Math.floor(((block + 1) * BLOCK - 1) / this.tile);
    for (let row = firstRow + place(y) - 1; row <= firstRow + end(y) + 1; row++) {
      const line = this.glass[row];
      for (let column = place(x) - 1; line && column <= end(x) + 1; column++) {
        if (line[column] === false) {
          return false;
        }
      }
    }
    return true;
  }

  private fill(strip: Uint8Array, x: number, y: number, colour: readonly number[]): void {
    for (let row = y * BLOCK; row < (y + 1) * BLOCK; row++) {
      for (let column = x * BLOCK; column < (x + 1) * BLOCK; column++) {
        strip.set(colour, (row * this.width + column) * 3);
      }
    }
  }
}
