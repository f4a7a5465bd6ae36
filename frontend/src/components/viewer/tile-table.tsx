import { useFormatter, useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { useFigureText } from "@/hooks/use-figure-text";
import type { PredictionResult } from "@/lib/api/schema";
import { cn } from "@/lib/class-names";
import { imageScale, mostSuspicious, type Tile } from "@/lib/result/geometry";
import { type Rule, sideOf } from "@/lib/threshold/threshold";

const MOST_TILES = 20;
const COLUMNS = ["tile", "probability", "pixels", "microns"] as const;

interface TileTableProps {
  result: PredictionResult;
  /** The side of it on which a tile is. */
  rule: Rule;
  tiles: readonly Tile[];
  selected: Tile | null;
  onSelect: (tile: Tile) => void;
}

/** The most suspicious tiles as a table, each with a link to its position in the image. */
export function TileTable({ result, rule, tiles, selected, onSelect }: TileTableProps) {
  const t = useTranslations("result.tiles");
  const title = tiles.length > MOST_TILES ? "title" : "title_all";
  const shown = mostSuspicious(tiles, MOST_TILES);
  const [isOpen, setIsOpen] = useState(false);
  const columns = hasScale(result) ? COLUMNS : COLUMNS.filter((column) => column !== "microns");
  return (
    <details
      className="border-t print:hidden"
      onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}
    >
      <summary className="px-3 py-3 font-medium text-sm">
        {t(title, { count: shown.length })}
      </summary>
      <section
        aria-label={t(title, { count: shown.length })}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must take the keys
        tabIndex={0}
        className="max-h-96 overflow-auto border-t"
      >
        <table className="w-full text-sm">
          <thead className="sticky top-0 bg-surface text-left text-muted text-xs">
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col" className="whitespace-nowrap px-3 py-2 font-medium">
                  {t(column)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="divide-y">
            {isOpen &&
              shown.map((tile) => (
                <TileRow
                  key={`${tile.row} ${tile.column}`}
                  tile={tile}
                  result={result}
                  rule={rule}
                  isSelected={tile.row === selected?.row && tile.column === selected.column}
                  onSelect={onSelect}
                />
              ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}

/** At an assumed scale the pixel size in micrometres is unknown. */
function hasScale({ image }: PredictionResult): boolean {
  return image.scale_source !== "assumed";
}

interface TileRowProps extends Omit<TileTableProps, "tiles" | "selected"> {
  tile: Tile;
  isSelected: boolean;
}

function TileRow({ tile, result, rule, isSelected, onSelect }: TileRowProps) {
  const t = useTranslations("result.tiles");
  const format = useFormatter();
  const figures = useFigureText();
  const side = sideOf(rule, tile.probability);
  const place = ([across, down]: [number, number]) =>
    [tile.x * across, tile.y * down]
      .map((side) => format.number(side, { maximumFractionDigits: 0 }))
      .join(", ");
  return (
    <tr className={cn(isSelected && "bg-accent-soft")}>
      <td className="px-3 py-1">
        <Button
          variant="link"
          size="bare"
          className="min-h-6"
          aria-pressed={isSelected}
          onClick={() => onSelect(tile)}
        >
          {t("place", { row: tile.row, column: tile.column })}
        </Button>
      </td>
      <td className="px-3 py-1">
        {figures.probability(tile.probability)}
        {side !== "below" && <span className="text-muted">{` · ${t(side)}`}</span>}
      </td>
      <td className="px-3 py-1">{place([1, 1])}</td>
      {hasScale(result) && <td className="px-3 py-1">{place(imageScale(result.image))}</td>}
    </tr>
  );
}
