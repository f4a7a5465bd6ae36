import type { PredictionResult } from "@/lib/api/schema";

/** A patch of 50 x 50 px at the model's scale. */
export function patch(changes: Partial<PredictionResult> = {}): PredictionResult {
  return {
    id: "01a20ed8-412e-75c8-ba12-098ff3f9901d",
    created_at: "2026-11-24T18:36:23.214361Z",
    schema_version: 2,
    kind: "patch",
    verdict: "benign",
    reasons: [],
    probability: 0.25,
    threshold: 0.42,
    operating_point: "balanced",
    uncertain_band: [0.3, 0.55],
    predictions: [
      { label: "no_idc", score: 0.75 },
      { label: "idc", score: 0.25 },
    ],
    gradcam: {
      rows: 2,
      columns: 3,
      grid: [
        [0, 3, -2],
        [6, 1, 4.5],
      ],
      overlay: null,
    },
    region: null,
    image: {
      sha256: "44".repeat(32),
      width: 50,
      height: 50,
      microns_per_pixel: 4,
      microns_per_pixel_xy: null,
      scale_source: "request",
    },
    slide: null,
    warnings: [],
    model: { name: "biopsia-idc", revision: "1c49f8fc1991" },
    cached: false,
    saved: true,
    timing_ms: { decode: 1, queue: 0, inference: 3, render: 1, total: 5 },
    ...changes,
  };
}

/** A region of 220 x 130 px at 2 µm/px: 110 x 65 px at the model's scale, 3 x 2 tiles of 100 px. */
export function region(): PredictionResult {
  return patch({
    kind: "region",
    image: { ...patch().image, width: 220, height: 130, microns_per_pixel: 2 },
    region: {
      rows: 2,
      columns: 3,
      tile_size_pixels: 50,
      microns_per_pixel: 4,
      tiles: [
        [0.1, 0.42, null],
        [0.9, 0.9, 0.3],
      ],
      tiles_raw: [
        [0.05, 0.3, null],
        [0.97, 0.95, 0.2],
      ],
      heatmap: null,
      tissue_fraction: 0.9,
      malignant_fraction: 0.5,
      malignant_area_mm2: 0.05,
      foci: [],
    },
  });
}
