import { type Dictionary, intervalOf, numberOf, rowsOf } from "@/lib/model/dictionary";

/** Patches with similar probability; the shares are weighted by case. */
export interface ReliabilityBin {
  low: number;
  high: number;
  patches: number;
  carcinoma: number;
  meanProbability: number;
  observed: number;
  /** 95 %, by case. */
  interval: { low: number; high: number } | null;
}

/** `reliability` of `metrics`: bins of equal width that have patches, the lowest first. */
export function reliabilityBins(bins: unknown): ReliabilityBin[] {
  return rowsOf(bins).flatMap(binOf);
}

function binOf(bin: Dictionary): ReliabilityBin[] {
  const figure = (name: string) => numberOf(bin[name]) ?? Number.NaN;
  const figures = {
    low: figure("low"),
    high: figure("high"),
    patches: figure("patches"),
    carcinoma: figure("idc"),
    meanProbability: figure("mean_probability"),
    observed: figure("observed"),
  };
  const isWhole = Object.values(figures).every(Number.isFinite);
  return isWhole ? [{ ...figures, interval: intervalOf(bin.interval) }] : [];
}

/** Share of a class in each bin, 0 to 1; all 0 for a class without patches. */
export function classShares(
  bins: readonly ReliabilityBin[],
  countOf: (bin: ReliabilityBin) => number,
): readonly number[] {
  const total = bins.reduce((sum, bin) => sum + countOf(bin), 0);
  return bins.map((bin) => (total === 0 ? 0 : countOf(bin) / total));
}
