import { expect, test } from "vitest";
import { averageRows, spanOf, tapsOf } from "@/lib/slide/area";
import {
  type AveragePlan,
  Overview,
  type RowReader,
  readAverages,
  rowsAtOnce,
} from "@/lib/slide/averages";
import { joined } from "@/lib/slide/bytes";

const WIDTH = 53;
const HEIGHT = 210;

/** A level whose pixels differ from row to row. */
class Rows implements RowReader {
  async band(_: number, top: number, bottom: number): Promise<Uint8ClampedArray> {
    return Uint8ClampedArray.from({ length: (bottom - top) * WIDTH * 4 }, (__, at) => {
      const row = top + Math.floor(at / (WIDTH * 4));
      return at % 4 === 3 ? 255 : (row * 31 + (at % (WIDTH * 4)) * 7) % 251;
    });
  }
}

const planOf = (step: number): AveragePlan => ({
  ...{ index: 0, width: WIDTH, down: { step, size: HEIGHT } },
  across: tapsOf({ step, size: WIDTH }, 0, Math.round(WIDTH / step)),
});

test("of a level 100,000 px wide, no more than 32 MiB are held at once", () => {
  const plan = { ...planOf(16), width: 100_000 };
  expect(rowsAtOnce(plan) * 16 * plan.width * 4).toBeLessThanOrEqual(32 << 20);
  expect(rowsAtOnce({ ...planOf(64), width: 1_000_000 })).toBe(1);
});

test.each([15.83, 16, 1.02])(
  "rows in parts are those that are read at once, by %d",
  async (step) => {
    const [reader, plan, rows] = [new Rows(), planOf(step), Math.round(HEIGHT / step)];
    const taps = tapsOf(plan.down, 0, rows);
    const [top, bottom] = spanOf(taps);
    const rgba = await reader.band(0, top, bottom);
    const whole = averageRows({ top, width: WIDTH, rgba }, taps, plan.across);
    const parts: Uint8Array[] = [];
    for (let row = 0; row < rows; row += 3) {
      parts.push(await readAverages(reader, plan, row, Math.min(3, rows - row)));
    }
    expect(joined(parts)).toEqual(whole);

    const overview = new Overview(reader, plan, rows);
    for (const share of [0.01, 0.3, 0.3, 0.9, 1]) {
      await overview.readTo(Math.floor(share * HEIGHT));
    }
    expect(overview.pixels()).toEqual(whole);
  },
);
