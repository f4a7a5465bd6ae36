import { useFormatter, useTranslations } from "next-intl";
import { Figure } from "@/components/model/figure";
import { type PlotRow, RowPlot, SeriesLegend } from "@/components/model/row-plot";
import { useFigures } from "@/components/threshold/use-figures";
import type { SlideEvidence } from "@/lib/model/reports";

const CHANCE = 0.5;

/** Whether the evidence follows the tissue, measured on complete slides. */
export function EvidenceFigures({ slides }: { slides: readonly SlideEvidence[] }) {
  return (
    <div className="grid gap-10 xl:grid-cols-2 xl:gap-12">
      <SideFigure slides={slides} />
      <CornerFigure slides={slides} />
      <BorderFigure slides={slides} />
    </div>
  );
}

function SideFigure({ slides }: { slides: readonly SlideEvidence[] }) {
  const rows = slides.map(({ slide, right }) => ({ slide, value: right, chance: CHANCE }));
  return <ChanceFigure name="side" rows={rows} />;
}

function CornerFigure({ slides }: { slides: readonly SlideEvidence[] }) {
  const rows = slides.map(({ slide, corner, cornerChance }) => ({
    slide,
    value: corner,
    chance: cornerChance,
  }));
  return <ChanceFigure name="corner" rows={rows} />;
}

interface ChanceFigureProps {
  name: "side" | "corner";
  rows: readonly { slide: string; value: number | null; chance: number | null }[];
}

/** A share of each slide beside the value by chance. */
function ChanceFigure({ name, rows }: ChanceFigureProps) {
  const t = useTranslations("model.evidence");
  const { share } = useFigures();
  const plotted: PlotRow[] = rows.map(({ slide, value, chance }) => ({
    key: slide,
    name: t("slide", { slide }),
    marks: value === null ? [] : [{ series: "single", value }],
    references: chance === null ? [] : [chance],
  }));
  const table = {
    columns: [t("slides"), t(`${name}_share`), t("chance")],
    rows: rows.map(({ slide, value, chance }) => ({
      key: slide,
      name: slide,
      cells: [share(value), share(chance)],
    })),
  };
  return (
    <Figure title={t(name)} text={t(`${name}_text`)} table={table}>
      <SeriesLegend
        entries={[{ series: "single", text: t(`${name}_share`) }]}
        reference={t("chance")}
      />
      <RowPlot
        summary={rows
          .map(({ slide, value, chance }) =>
            t("summary", { slide, share: share(value), chance: share(chance) }),
          )
          .join(" ")}
        rows={plotted}
      />
    </Figure>
  );
}

/** Wrong verdicts by the distance to the other class, a mark for each slide. */
function BorderFigure({ slides }: { slides: readonly SlideEvidence[] }) {
  const t = useTranslations("model.evidence");
  const format = useFormatter();
  const { share } = useFigures();
  const distances = [
    ...new Set(slides.flatMap(({ borders }) => borders.map(({ distance }) => distance))),
  ].toSorted((one, other) => one - other);
  const last = distances.at(-1);
  const at = (distance: number) =>
    slides.map(({ borders }) => borders.find((border) => border.distance === distance));
  const nameOf = (distance: number) =>
    t("distance", { count: distance, open: distance === last ? "open" : "closed" });
  const table = {
    columns: [t("distances"), ...slides.map(({ slide }) => t("slide", { slide }))],
    rows: distances.map((distance) => ({
      key: String(distance),
      name: nameOf(distance),
      cells: at(distance).map((border) =>
        border
          ? t("rate", { rate: share(border.errorRate), tiles: format.number(border.tiles) })
          : "–",
      ),
    })),
  };
  const rates = (distance: number) =>
    at(distance).flatMap((border) => (border?.errorRate == null ? [] : [border.errorRate]));
  return (
    <Figure title={t("border")} text={t("border_text")} table={table}>
      <RowPlot
        summary={distances
          .map((distance) =>
            t("border_summary", {
              distance: nameOf(distance),
              rates: format.list(rates(distance).map((rate) => share(rate))),
            }),
          )
          .join(" ")}
        rows={distances.map((distance) => ({
          key: String(distance),
          name: nameOf(distance),
          marks: rates(distance).map((value) => ({ series: "single", value })),
        }))}
      />
    </Figure>
  );
}
