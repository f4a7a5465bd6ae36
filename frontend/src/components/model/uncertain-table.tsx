import { useTranslations } from "next-intl";
import { Prose, ScrollBox, SubTitle } from "@/components/model/section";
import { useFigures } from "@/components/threshold/use-figures";
import { useOperatingPointLabel } from "@/hooks/use-operating-point-label";
import type { OperatingPointReport } from "@/lib/api/schema";
import type { PointMeasures } from "@/lib/model/metrics";

interface UncertainTableProps {
  points: readonly PointMeasures[];
  bands: Readonly<Record<string, OperatingPointReport>>;
}

/** Share of patches in the inconclusive band, and the errors inside and outside it. */
export function UncertainTable({ points, bands }: UncertainTableProps) {
  const t = useTranslations("model.uncertain");
  const { share, threshold } = useFigures();
  const nameOf = useOperatingPointLabel();
  const band = (name: string) => {
    const point = bands[name];
    return point
      ? t("band_value", {
          low: threshold(point.uncertain_low),
          high: threshold(point.uncertain_high),
        })
      : "–";
  };
  const rows = points.flatMap(({ name, uncertain }) => (uncertain ? [{ name, uncertain }] : []));
  if (rows.length === 0) {
    return null;
  }
  return (
    <div className="grid grid-cols-1 gap-3">
      <SubTitle>{t("title")}</SubTitle>
      <Prose>
        <p>{t("text")}</p>
      </Prose>
      <ScrollBox label={t("title")}>
        <table className="w-full min-w-[34rem] max-w-[64rem] text-sm">
          <thead>
            <tr className="border-b text-left text-muted">
              {(["point", "band", "fraction", "inside", "outside"] as const).map((column) => (
                <th key={column} scope="col" className="py-2 pr-6 font-medium">
                  {t(column)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, uncertain }) => (
              <tr key={name} className="border-b">
                <th scope="row" className="py-2 pr-6 text-left font-medium">
                  {nameOf(name)}
                </th>
                <td className="py-2 pr-6">{band(name)}</td>
                <td className="py-2 pr-6">{share(uncertain.fraction)}</td>
                <td className="py-2 pr-6">{share(uncertain.errorInside)}</td>
                <td className="py-2 pr-6">{share(uncertain.errorOutside)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </div>
  );
}
