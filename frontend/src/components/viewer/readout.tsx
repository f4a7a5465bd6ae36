import { useQuery } from "@tanstack/react-query";
import { useFormatter, useTranslations } from "next-intl";
import { usePointed } from "@/components/viewer/use-pointed";
import { useFigureText } from "@/hooks/use-figure-text";
import { modelQuery } from "@/lib/api/queries";
import type { PredictionResult } from "@/lib/api/schema";
import { withMinus } from "@/lib/figures";
import { cellAt, coveredSize, imageScale, type Size, type Tile } from "@/lib/result/geometry";
import type { Point } from "@/lib/result/viewport";
import { type Rule, sideOf } from "@/lib/threshold/threshold";
import type { ViewportStore } from "@/lib/viewer/viewport-store";

interface ReadoutProps {
  result: PredictionResult;
  store: ViewportStore;
  tiles: readonly Tile[];
  selected: Tile | null;
  rule: Rule;
}

/** The model's result at the point in question. */
export function Readout({ result, store, tiles, selected, rule }: ReadoutProps) {
  const t = useTranslations("result.readout");
  const { data: model } = useQuery(modelQuery);
  const covered = coveredSize(result, model);
  const { point } = usePointed(store, tiles, selected);
  const shown = point && isWithin(point, result.image) ? point : null;
  return (
    <dl
      aria-label={t("label")}
      className="flex flex-wrap gap-x-6 gap-y-1 border-t px-3 py-2 text-sm print:hidden"
    >
      {result.region && <TileFields result={result} covered={covered} point={shown} rule={rule} />}
      <CellFields result={result} covered={covered} point={shown} />
      <Field name={t("position")} value={usePosition(result, shown)} />
    </dl>
  );
}

interface FieldsProps {
  result: PredictionResult;
  covered: Size | null;
  point: Point | null;
}

function TileFields({ result, covered, point, rule }: FieldsProps & { rule: Rule }) {
  const { region } = result;
  const t = useTranslations("result.readout");
  const figures = useFigureText();
  const place = region && covered && point && cellAt(point, covered, region);
  const value = place && region.tiles[place.row]?.[place.column];
  const probability =
    typeof value === "number"
      ? t(sideOf(rule, value), {
          probability: figures.probability(value),
        })
      : t("no_tissue");
  return (
    <>
      <Field
        name={t("tile")}
        value={place && t("place", { row: place.row + 1, column: place.column + 1 })}
      />
      <Field name={t("probability")} value={place && probability} />
    </>
  );
}

function CellFields({ result: { gradcam, region }, covered, point }: FieldsProps) {
  const t = useTranslations("result.readout");
  const format = useFormatter();
  const place = covered && point && cellAt(point, covered, gradcam);
  const value = place && gradcam.grid[place.row]?.[place.column];
  const evidence =
    typeof value === "number"
      ? t("logits", {
          value: withMinus(
            format.number(value, {
              minimumFractionDigits: 2,
              maximumFractionDigits: 2,
              signDisplay: "negative",
            }),
          ),
        })
      : null;
  return (
    <>
      {!region && (
        <Field
          name={t("cell")}
          value={place && t("place", { row: place.row + 1, column: place.column + 1 })}
        />
      )}
      <Field name={t("evidence")} value={evidence} />
    </>
  );
}

function Field({ name, value }: { name: string; value: string | null }) {
  return (
    <div className="flex min-w-28 gap-2">
      <dt className="text-muted">{name}</dt>
      <dd>{value ?? "–"}</dd>
    </div>
  );
}

function usePosition({ image }: PredictionResult, point: Point | null): string | null {
  const t = useTranslations("result.readout");
  const format = useFormatter();
  if (!point) {
    return null;
  }
  const [x, y] = [Math.floor(point.x), Math.floor(point.y)];
  const [across, down] = imageScale(image);
  const microns = (pixels: number, scale: number) =>
    format.number(pixels * scale, { maximumFractionDigits: 0 });
  if (image.scale_source === "assumed") {
    return t("pixels_only", { x, y });
  }
  return t("pixels", { x, y, microns_x: microns(x, across), microns_y: microns(y, down) });
}

function isWithin(point: Point, { width, height }: Size): boolean {
  return point.x >= 0 && point.y >= 0 && point.x < width && point.y < height;
}
