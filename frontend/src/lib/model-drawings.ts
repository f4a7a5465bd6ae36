/** The drawings of a model's evaluation which the site shows, and does not draw itself. */

const KNOWN = {
  reliability: { width: 750, height: 900 },
  scores: { width: 900, height: 570 },
  confusion: { width: 690, height: 630 },
} as const;

export type DrawingKind = keyof typeof KNOWN;

interface Drawing {
  kind: DrawingKind;
  /** Its name at `GET /model/evaluation/{name}`. */
  file: string;
  /** Pixels, so that the page keeps its room before it comes. */
  width: number;
  height: number;
}

const KINDS: readonly DrawingKind[] = ["reliability", "scores", "confusion"];

/** Those of the known drawings that the model came with. */
export function drawingsOf({
  evaluation,
}: {
  limits: unknown;
  evaluation?: readonly string[];
}): Drawing[] {
  return KINDS.flatMap((kind) => {
    const file = evaluation?.find((name) => name.replace(/\.png$/, "") === kind);
    return file ? [{ kind, file, ...KNOWN[kind] }] : [];
  });
}
