import type { PredictionResult } from "@/lib/api/schema";
import type { SlideFacts } from "@/lib/slide/protocol";
import type { Analysis } from "@/lib/upload/analysis";

/** The rule and the model's scale that are used until there is a result. */
export interface ProvisionalRule {
  threshold: number;
  band: PredictionResult["uncertain_band"];
  micronsPerPixel: number;
  patchSizePixels: number;
}

/** The facts known of a slide so far, in the form of a result, so that the viewer can draw it. */
export function provisionalResult(
  { width, height, scale, scaleSource, fingerprint }: SlideFacts,
  analysis: Analysis | null,
  rule: ProvisionalRule,
): PredictionResult {
  const known = analysis?.tiles.map((line) => [...line]) ?? [];
  const tiles = known.length > 0 ? known : [[null]];
  const [across, down] = scale;
  return {
    id: "",
    created_at: "",
    schema_version: 2,
    kind: "region",
    verdict: "not_assessable",
    reasons: ["slide_uncalibrated"],
    probability: 0,
    threshold: rule.threshold,
    operating_point: null,
    uncertain_band: rule.band,
    predictions: [],
    gradcam: { rows: 1, columns: 1, grid: [[null]], overlay: null },
    region: {
      rows: tiles.length,
      columns: tiles[0]?.length ?? 1,
      tile_size_pixels: rule.patchSizePixels,
      microns_per_pixel: rule.micronsPerPixel,
      tiles,
      tiles_raw: tiles,
      heatmap: null,
      tissue_fraction: 0,
      malignant_fraction: 0,
      malignant_area_mm2: null,
      foci: [],
    },
    image: {
      sha256: "",
      width,
      height,
      microns_per_pixel: across === down ? across : Math.sqrt(across * down),
      microns_per_pixel_xy: across === down ? null : [across, down],
      scale_source: scaleSource,
    },
    slide: { fingerprint },
    warnings: [],
    model: { name: "", revision: "" },
    cached: false,
    saved: false,
    timing_ms: { decode: 0, queue: 0, inference: 0, render: 0, total: 0 },
  };
}
