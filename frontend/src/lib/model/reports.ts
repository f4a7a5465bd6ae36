/**
 * Figures measured beyond the held-out cases, read from `reports` of `GET /model/`. Missing reports
 * and missing fields are left out.
 */

import { type Dictionary, dictionary, entries, numberOf, rowsOf } from "@/lib/model/dictionary";

/** The model's figures on patches changed in one way; `clean` is unchanged. */
export interface Shift {
  name: string;
  rocAuc: number | null;
  sensitivity: number | null;
  specificity: number | null;
  /** Share of patches whose side of the threshold changes. */
  flips: number | null;
}

export interface Robustness {
  patches: number | null;
  cases: number | null;
  operatingPoint: string | null;
  /** The unchanged patches first. */
  shifts: readonly Shift[];
}

/** The service's responses to images, each counted in one of them; shares, 0 to 1. */
export const OUTCOMES = ["refused", "withheld", "warned", "inconclusive", "silent"] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** Pictures from elsewhere, of one kind and one scale. */
export interface OutsideGroup {
  kind: string;
  /** µm per pixel; null where it is unknown. */
  scale: number | null;
  images: number;
  outcomes: Readonly<Record<Outcome, number>>;
  rocAuc: number | null;
  sensitivity: number | null;
  specificity: number | null;
}

/** Position of the evidence in the tiles of one complete slide; shares, 0 to 1. */
export interface SlideEvidence {
  slide: string;
  /** Share of windows across a border of the labels with higher evidence on the side with IDC. */
  right: number | null;
  /** Share of tiles called suggestive with the strongest cell at a corner; and the chance of it. */
  corner: number | null;
  cornerChance: number | null;
  /** Wrong verdicts by the distance to the nearest tile of the other class, in tiles. */
  borders: readonly { distance: number; tiles: number; errorRate: number | null }[];
}

/** Sensitivity on patches by blur, in pixels (standard deviation of a Gaussian). */
export interface BlurStep {
  sigma: number;
  sensitivity: number;
}

export function robustness(report: unknown): Robustness | null {
  const { dataset, shifts, operating_point: point } = dictionary(report);
  const { patches, cases } = dictionary(dataset);
  const rows = entries(shifts).map(([name, figures]) => ({
    name,
    ...accuracy(figures),
    flips: numberOf(figures.flips),
  }));
  return rows.length === 0
    ? null
    : {
        patches: numberOf(patches),
        cases: numberOf(cases),
        operatingPoint: typeof point === "string" ? point : null,
        shifts: rows.toSorted((one, other) => Number(isChanged(one)) - Number(isChanged(other))),
      };
}

/** Whether a shift changes anything. */
export function isChanged({ name }: Shift): boolean {
  return name !== "clean";
}

export function outsideGroups(report: unknown): OutsideGroup[] {
  return entries(dictionary(report).kinds).flatMap(([kind, scales]) =>
    entries(scales)
      // `all` combines the scales.
      .filter(([scale]) => scale !== "all")
      .map(([scale, figures]) => ({
        kind,
        scale: numberOf(Number.parseFloat(scale)),
        images: numberOf(figures.images) ?? 0,
        outcomes: outcomesOf(figures),
        ...accuracy(figures),
      }))
      .toSorted((one, other) => (one.scale ?? 0) - (other.scale ?? 0)),
  );
}

export function slideEvidence(report: unknown): SlideEvidence[] {
  return entries(dictionary(report).slides).map(([slide, { quadrants, peaks, borders }]) => ({
    slide,
    right: numberOf(dictionary(quadrants).right),
    corner: numberOf(dictionary(peaks).corner),
    cornerChance: numberOf(dictionary(peaks).corner_chance),
    borders: rowsOf(borders).map(({ distance, tiles, error_rate: rate }) => ({
      distance: numberOf(distance) ?? 0,
      tiles: numberOf(tiles) ?? 0,
      errorRate: numberOf(rate),
    })),
  }));
}

/** Patches in focus come first. */
export function blurSteps(report: unknown): BlurStep[] {
  const { sensitivity_sharp: sharp, sensitivity_blurred: blurred } = dictionary(report);
  return [["0", sharp] as const, ...Object.entries(dictionary(blurred))]
    .flatMap(([sigma, value]) => {
      const sensitivity = numberOf(value);
      return sensitivity === null ? [] : [{ sigma: Number(sigma), sensitivity }];
    })
    .toSorted((one, other) => one.sigma - other.sigma);
}

function accuracy(figures: Dictionary) {
  return {
    rocAuc: numberOf(figures.roc_auc),
    sensitivity: numberOf(figures.sensitivity),
    specificity: numberOf(figures.specificity),
  };
}

function outcomesOf(figures: Dictionary): OutsideGroup["outcomes"] {
  const share = (name: Outcome) => numberOf(figures[name]) ?? 0;
  return {
    refused: share("refused"),
    withheld: share("withheld"),
    warned: share("warned"),
    inconclusive: share("inconclusive"),
    silent: share("silent"),
  };
}
