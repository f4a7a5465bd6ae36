import { type Axis, averageRows, spanOf, type Taps, tapsOf } from "@/lib/slide/area";
import { joined } from "@/lib/slide/bytes";

/** Reads a level as averages of areas, a bounded part of it at a time. */

/** RGBA that is put together at once: sixteen rows of a level that is very wide. */
const MOST_BYTES = 32 * 1024 * 1024;

/** Who has the pixels of a level. */
export interface RowReader {
  /** Some rows of a level, RGBA, with all its columns. */
  band(index: number, top: number, bottom: number): Promise<Uint8ClampedArray>;
}

/** Rows of averages, and what they are averages of. */
export interface AveragePlan {
  /** Number of the level. */
  index: number;
  /** Pixels of the level across. */
  width: number;
  down: Axis;
  across: Taps;
}

/** How many rows of averages can be read at once. */
export function rowsAtOnce({ width, down }: AveragePlan): number {
  return Math.max(1, Math.floor(MOST_BYTES / (4 * width * down.step)));
}

/** Some rows of averages, RGB, at most `rowsAtOnce`. */
export async function readAverages(
  reader: RowReader,
  { index, width, down, across }: AveragePlan,
  first: number,
  count: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const taps = tapsOf(down, first, count);
  const [top, bottom] = spanOf(taps);
  const rgba = await reader.band(index, top, bottom);
  return averageRows({ top, width, rgba }, taps, across);
}

/** The slide at a coarser scale, put together while its rows are read. */
export class Overview {
  private readonly parts: Uint8Array[] = [];
  private done = 0;

  constructor(
    private readonly reader: RowReader,
    private readonly plan: AveragePlan,
    private readonly rows: number,
  ) {}

  /** Go on as far as so many rows of the level make it possible. */
  async readTo(bottom: number): Promise<void> {
    const { down } = this.plan;
    const isAll = bottom >= down.size;
    const ready = isAll ? this.rows : Math.min(this.rows, Math.floor(bottom / down.step));
    while (this.done < ready) {
      const count = Math.min(rowsAtOnce(this.plan), ready - this.done);
      this.parts.push(await readAverages(this.reader, this.plan, this.done, count));
      this.done += count;
    }
  }

  pixels(): Uint8Array<ArrayBuffer> {
    return joined(this.parts);
  }
}
