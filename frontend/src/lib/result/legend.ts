import {
  evidenceTint,
  FULL_SCALE_LOGIT,
  overWhite,
  type Tint,
  tileTint,
} from "@/lib/result/colours";

/** What the colours over an image stand for. */
export type Measure = "evidence" | "tiles";

/** A legend: its colours over white, evenly spaced, and where along it which value stands. */
export interface Legend {
  colours: readonly string[];
  ticks: readonly { value: number; place: number }[];
}

const STEPS = 24;

/** The legend of evidence, 0 to 6 logits, or of tiles, 0 to 1 with the threshold. */
export function legendOf(measure: Measure, threshold: number): Legend {
  const [tint, most] =
    measure === "tiles" ? ([tileTint, 1] as const) : ([evidenceTint, FULL_SCALE_LOGIT] as const);
  const values = measure === "tiles" ? [0, threshold, 1] : [0, 2, 4, 6];
  return {
    colours: ramp(tint, most),
    ticks: values.map((value) => ({ value, place: value / most })),
  };
}

function ramp(tint: (value: number) => Tint, most: number): readonly string[] {
  return Array.from(
    { length: STEPS + 1 },
    (_, step) => `rgb(${overWhite(tint((most * step) / STEPS)).join(" ")})`,
  );
}
