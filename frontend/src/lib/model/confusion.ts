import { dictionary, entries, numberOf } from "@/lib/model/dictionary";

/** Patches by class and verdict, each counted once, whatever its case's weight. */
export interface Confusion {
  /** With IDC, called suggestive. */
  found: number;
  /** With IDC, not called suggestive. */
  missed: number;
  /** Without IDC, called suggestive. */
  alarms: number;
  /** Without IDC, not called suggestive. */
  spared: number;
}

/** The counts at an operating point, from `cases` of `metrics`; null if a case lacks its figures. */
export function confusionAt(point: string, cases: unknown): Confusion | null {
  // Within a case all patches of a class have the same weight, so its counts follow from its
  // shares.
  const all = entries(cases).map(([, { patches, idc, operating_points: points }]) => {
    const { recall, specificity } = dictionary(dictionary(points)[point]);
    const carcinoma = countOf(idc);
    const others = countOf(patches) - carcinoma;
    const [found, spared] = [partOf(carcinoma, recall), partOf(others, specificity)];
    return { found, missed: carcinoma - found, alarms: others - spared, spared };
  });
  const sum = (name: keyof Confusion) => all.reduce((total, one) => total + one[name], 0);
  const counts = {
    found: sum("found"),
    missed: sum("missed"),
    alarms: sum("alarms"),
    spared: sum("spared"),
  };
  return all.length > 0 && Object.values(counts).every(Number.isFinite) ? counts : null;
}

function countOf(value: unknown): number {
  return numberOf(value) ?? Number.NaN;
}

// A share over no patches is undefined and adds nothing.
function partOf(count: number, share: unknown): number {
  return count === 0 ? 0 : Math.round(count * countOf(share));
}
