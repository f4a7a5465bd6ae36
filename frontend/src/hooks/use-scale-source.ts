import { useTranslations } from "next-intl";
import type { ImageFacts } from "@/lib/api/schema";
import { DRAWING_MICRONS, isDrawing } from "@/lib/upload/drawings";

type Scale = Pick<ImageFacts, "scale_source" | "microns_per_pixel">;

/** Where the scale of a file comes from: for a sample the page states it, not the visitor. */
export function useScaleSource(): (image: Scale, fileName?: string) => string {
  const t = useTranslations("common.scale_source");
  return ({ scale_source: source, microns_per_pixel: microns }, fileName) =>
    source === "request" && microns === DRAWING_MICRONS && isDrawing(fileName)
      ? t("drawing")
      : t(source);
}
