import { useFormatter, useTranslations } from "next-intl";
import { useState } from "react";
import type { ImageFacts } from "@/lib/api/schema";
import { distanceMicrons } from "@/lib/result/geometry";
import { type Point, toImage } from "@/lib/result/viewport";
import type { ViewportStore } from "@/lib/viewer/viewport-store";

export type Ruler = ReturnType<typeof useRuler>;

/** Measures between two points, of which the second follows the pointer until it is set. */
export function useRuler(image: ImageFacts, store: ViewportStore) {
  const [isOn, setIsOn] = useState(false);
  const [points, setPoints] = useState<readonly Point[]>([]);
  const lengthOf = useLengthText(image);

  function set(point: Point) {
    setPoints(points.length === 1 ? [...points, point] : [point]);
  }

  return {
    isOn,
    from: points[0] ?? null,
    /** Null until it is set. */
    to: points[1] ?? null,
    lengthOf,
    toggle: () => {
      setIsOn(!isOn);
      setPoints([]);
    },
    end: () => {
      setIsOn(false);
      setPoints([]);
    },
    /** Sets a point under a point of the pane; without one under the pointer, else in the middle. */
    tap: (at: Point | null = store.getPointer()) => {
      const view = store.getView();
      if (isOn && view) {
        set(at ? toImage(view, at) : view.centre);
      }
    },
  };
}

/** Formats the distance of two points of the image; in pixels if the scale is unknown. */
function useLengthText(image: ImageFacts) {
  const t = useTranslations("result.viewer");
  const format = useFormatter();
  return (from: Point, to: Point): string => {
    if (image.scale_source === "assumed") {
      const pixels = Math.hypot(to.x - from.x, to.y - from.y);
      return t("pixels", { length: format.number(pixels, { maximumFractionDigits: 0 }) });
    }
    const microns = distanceMicrons(image, from, to);
    return microns < 1000
      ? t("microns", { length: format.number(microns, { maximumFractionDigits: 0 }) })
      : t("millimetres", { length: format.number(microns / 1000, { maximumFractionDigits: 2 }) });
  };
}
