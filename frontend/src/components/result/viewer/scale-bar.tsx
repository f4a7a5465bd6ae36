import { useFormatter, useTranslations } from "next-intl";
import type { ImageFacts } from "@/lib/api/schema";
import { scaleBar } from "@/lib/result/scale-bar";
import type { View } from "@/lib/result/viewport";

const LONGEST_CSS_PIXELS = 140;

/** How long a stretch of the tissue is, as it is shown now. */
export function ScaleBar({ image, view }: { image: ImageFacts; view: View }) {
  const t = useTranslations("result.viewer");
  const format = useFormatter();
  const bar = scaleBar(view.scale / image.microns_per_pixel, LONGEST_CSS_PIXELS);
  const isLarge = bar.microns >= 1000;
  const length = t(isLarge ? "millimetres" : "microns", {
    length: format.number(isLarge ? bar.microns / 1000 : bar.microns),
  });
  return (
    <div className="pointer-events-none absolute bottom-3 left-3 rounded-sm bg-surface/90 px-2 pt-1 pb-1.5 text-xs">
      <p>{image.scale_source === "assumed" ? t("assumed", { length }) : length}</p>
      <div className="h-1 border-ink border-x border-b" style={{ width: bar.length }} />
    </div>
  );
}
