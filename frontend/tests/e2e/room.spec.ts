import { drawing } from "./files";
import { expect, test } from "./fixtures";
import { predict, SCALE } from "./records";
import { analyse } from "./result-page";
import { cutOff, lengthenTexts } from "./room";

test.use({ contextOptions: { reducedMotion: "reduce" } });

const WIDTHS = [320, 390, 1366];

for (const locale of ["en-US", "es-ES"]) {
  test.describe(`in ${locale}`, () => {
    test.use({ locale });

    for (const width of WIDTHS) {
      test(`nothing is cut off at ${width} px, also where texts are longer`, async ({ page }) => {
        test.slow();
        await page.setViewportSize({ width, height: 768 });
        const visit = async (path: string) => {
          await page.goto(path, { waitUntil: "networkidle" });
          expect(await cutOff(page), path).toEqual([]);
          await lengthenTexts(page);
          expect(await cutOff(page), `${path}, longer`).toEqual([]);
        };
        await visit("/history");
        const patch = await predict(page, "drawn_crowded", SCALE);
        const region = await predict(page, "drawn_region", SCALE);
        // Of the same images: they are folded, with verdicts that differ.
        await predict(page, "drawn_crowded", { ...SCALE, operating_point: "high_sensitivity" });
        const withheld = await analyse(page, drawing("drawn_region"), { microns_per_pixel: "" });
        expect(withheld.verdict).toBe("not_assessable");
        for (const path of [
          "/",
          "/history?view=table",
          "/history?view=grid",
          "/history?search=nothing",
          "/history/review",
          "/dashboard",
          ...[patch, region, withheld].map(({ id }) => `/results/${id}`),
        ]) {
          await visit(path);
        }
      });
    }
  });
}
