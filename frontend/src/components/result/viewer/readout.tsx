import { useQuery } from "@tanstack/react-query";
import { useFormatter, useTranslations } from "next-intl";
import { modelQuery } from "@/lib/api/queries";
import type { PredictionResult } from "@/lib/api/schema";
import { cellAt, coveredSize, type Size } from "@/lib/result/geometry";
import type { Point } from "@/lib/result/viewport";

interface ReadoutProps {
  result: PredictionResult;
  point: Point | null;
}

/** What the model found at the point that is meant. */
export function Readout({ result, point }: ReadoutProps) {
  const t = useTranslations("result.readout");
  const fields = useFields(result, isWithin(point, result.image) ? point : null);
  return (
    <dl
      aria-label={t("label")}
      className="flex flex-wrap gap-x-6 gap-y-1 border-t px-3 py-2 text-sm print:hidden"
    >
      {fields.map(({ name, value }) => (
        <div key={name} className="flex min-w-28 gap-2">
          <dt className="text-muted">{t(name)}</dt>
          <dd>{value ?? "–"}</dd>
        </div>
      ))}
    </dl>
  );
}

function useFields(result: PredictionResult, point: Point | null) {
  const { data: model } = useQuery(modelQuery);
  const t = useTranslations("result.readout");
  const format = useFormatter();
  const { region, gradcam, image, threshold } = result;
  const covered = coveredSize(result, model);
  const at = (grid: { rows: number; columns: number }) =>
    point && covered && cellAt(point, covered, grid);
  const cell = at(gradcam);
  const evidence = cell && gradcam.grid[cell.row]?.[cell.column];
  const tile = region && at(region);
  const probability = region && tile && region.tiles[tile.row]?.[tile.column];
  const figure = (value: number, digits: number) =>
    format.number(value, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const place = region ? tile : cell;
  return [
    {
      name: region ? ("tile" as const) : ("cell" as const),
      value: place && t("place", { row: place.row + 1, column: place.column + 1 }),
    },
    ...(region
      ? [
          {
            name: "probability" as const,
            value:
              tile &&
              (typeof probability === "number"
                ? t(probability >= threshold ? "at_or_above" : "below", {
                    probability: figure(probability, 3),
                  })
                : t("no_tissue")),
          },
        ]
      : []),
    {
      name: "evidence" as const,
      value: typeof evidence === "number" ? t("logits", { value: figure(evidence, 2) }) : null,
    },
    {
      name: "position" as const,
      value:
        point &&
        t("pixels", {
          x: Math.floor(point.x),
          y: Math.floor(point.y),
          microns_x: format.number(Math.floor(point.x) * image.microns_per_pixel, WHOLE),
          microns_y: format.number(Math.floor(point.y) * image.microns_per_pixel, WHOLE),
        }),
    },
  ];
}

const WHOLE = { maximumFractionDigits: 0 };

function isWithin(point: Point | null, { width, height }: Size): boolean {
  return point !== null && point.x >= 0 && point.y >= 0 && point.x < width && point.y < height;
}
