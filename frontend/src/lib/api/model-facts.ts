import type { Limits, ModelReport, OperatingPointReport, ThresholdFigures } from "@/lib/api/schema";

/** The part of `GET /model/` that every page needs; the model's own page reads all of it. */
export interface ModelFacts {
  name: string;
  revision: string;
  classNames: readonly string[];
  patchSizePixels: number;
  micronsPerPixel: number;
  defaultOperatingPoint: string;
  operatingPoints: Readonly<Record<string, OperatingPointReport>>;
  thresholdCurve: readonly ThresholdFigures[];
  /** Share of carcinoma that every probability assumes; null if unknown. */
  assumedPrevalence: number | null;
  /** Share of carcinoma among the patches that the curve was measured on; null if unmeasured. */
  measuredPrevalence: number | null;
  limits: Limits;
}

export function modelFacts(report: ModelReport): ModelFacts {
  const { inference } = report;
  return {
    name: inference.name,
    revision: inference.revision,
    classNames: inference.class_names,
    patchSizePixels: inference.patch_size_pixels,
    micronsPerPixel: inference.microns_per_pixel,
    defaultOperatingPoint: inference.default_operating_point,
    operatingPoints: report.operating_points,
    thresholdCurve: report.threshold_curve,
    assumedPrevalence: inference.assumed_prevalence,
    measuredPrevalence: report.prevalence,
    limits: report.limits,
  };
}
