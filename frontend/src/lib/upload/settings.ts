import type { ModelFacts } from "@/lib/api/model-facts";

/** Magnifications of usual objectives. */
export const OBJECTIVES = [2.5, 5, 10, 20, 40] as const;

export type Objective = (typeof OBJECTIVES)[number];

/** The visitor's settings for the next files, as in the form. */
export interface UploadSettings {
  /** A named operating point; null: the model's default. */
  operatingPoint: string | null;
  scale: "file" | "microns" | "objective";
  /** µm per pixel as typed; used if `scale` is `microns`. */
  microns: string;
  /** Used if `scale` is `objective`; null: none is chosen yet, and the file's own scale is used. */
  objective: Objective | null;
  saveNothing: boolean;
}

export const FIRST_SETTINGS: UploadSettings = {
  operatingPoint: null,
  scale: "file",
  microns: "",
  objective: null,
  saveNothing: false,
};

/** The options sent with one image. */
export interface PredictOptions {
  operatingPoint: string | null;
  /** µm per pixel; null: the file's own, else the model's. */
  micronsPerPixel: number | null;
  save: boolean;
}

/** Usual scale of slide scanners: 10 µm/px divided by the magnification, 0.25 at 40x. */
export function micronsOfObjective(objective: Objective): number {
  return 10 / objective;
}

/** The coarsest scale that the service reads, in µm per pixel. */
export function maxMicrons(facts: Pick<ModelFacts, "micronsPerPixel"> | undefined): number {
  return facts ? 8 * facts.micronsPerPixel : Number.POSITIVE_INFINITY;
}

/** A typed scale, with a point or a comma; null unless above 0 and at most `max`. */
export function readMicrons(text: string, max: number): number | null {
  const value = Number(text.trim().replace(",", "."));
  return value > 0 && value <= max ? value : null;
}

/** The options of the settings; null if the typed scale is invalid. */
export function optionsOf(settings: UploadSettings, max: number): PredictOptions | null {
  const { operatingPoint, scale, microns, objective, saveNothing } = settings;
  const typed = readMicrons(microns, max);
  if (scale === "microns" && typed === null) {
    return null;
  }
  const micronsPerPixel = {
    file: null,
    microns: typed,
    objective: objective && micronsOfObjective(objective),
  }[scale];
  return { operatingPoint, micronsPerPixel, save: !saveNothing };
}
