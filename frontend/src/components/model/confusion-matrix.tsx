import { useFormatter, useTranslations } from "next-intl";
import { useFigures } from "@/components/threshold/use-figures";
import { useOperatingPointLabel } from "@/hooks/use-operating-point-label";
import type { Confusion } from "@/lib/model/confusion";

// Of the accent, under text that stays readable.
const DARKEST = 0.4;

interface ConfusionMatrixProps {
  point: string;
  counts: Confusion;
}

/** Patches by class and verdict: counts, and their share of the class. */
export function ConfusionMatrix({ point, counts }: ConfusionMatrixProps) {
  const t = useTranslations("model.confusion");
  const nameOf = useOperatingPointLabel();
  const { found, missed, alarms, spared } = counts;
  const rows = [
    { name: t("with_idc"), cells: [found, missed] },
    { name: t("without_idc"), cells: [alarms, spared] },
  ];
  return (
    <table className="w-full max-w-[30rem] table-fixed border-collapse text-sm">
      <caption className="pb-2 text-left font-medium">{nameOf(point)}</caption>
      <thead>
        <tr className="align-bottom text-muted">
          <td className="w-1/4" />
          <th scope="col" className="px-1 pb-2 font-medium">
            {t("suggestive")}
          </th>
          <th scope="col" className="px-1 pb-2 font-medium">
            {t("not_suggestive")}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, cells: [suggestive = 0, others = 0] }) => (
          <tr key={name}>
            <th scope="row" className="pr-3 text-left font-medium text-muted">
              {name}
            </th>
            <Cell count={suggestive} total={suggestive + others} />
            <Cell count={others} total={suggestive + others} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell({ count, total }: { count: number; total: number }) {
  const format = useFormatter();
  const { share } = useFigures();
  const part = total === 0 ? null : count / total;
  const strength = 100 * DARKEST * (part ?? 0);
  return (
    <td
      className="border border-edge p-3 text-center"
      style={{
        backgroundColor: `color-mix(in oklab, var(--color-accent) ${strength}%, var(--color-surface))`,
      }}
    >
      <span className="block text-lg">{format.number(count)}</span>
      <span className="block">{share(part)}</span>
    </td>
  );
}
