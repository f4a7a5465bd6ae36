import { useFormatter, useTranslations } from "next-intl";
import { ScrollBox } from "@/components/model/section";
import { useFigures } from "@/components/threshold/use-figures";
import type { CaseMeasures } from "@/lib/model/metrics";

/** Every measured case on its own. */
export function CaseTable({ cases }: { cases: readonly CaseMeasures[] }) {
  const t = useTranslations("model");
  const format = useFormatter();
  const { share } = useFigures();
  const columns = [
    t("cases.patches"),
    t("cases.carcinoma"),
    t("metric.balanced_accuracy.name"),
    t("metric.recall.name"),
    t("metric.specificity.name"),
  ];
  return (
    <ScrollBox label={t("cases.table")}>
      <table className="w-full min-w-[36rem] max-w-[64rem] text-right text-sm">
        <caption className="sr-only">{t("cases.table")}</caption>
        <thead>
          <tr className="border-b text-muted">
            <th scope="col" className="py-2 pr-4 text-left font-medium">
              {t("cases.case")}
            </th>
            {columns.map((column) => (
              <th key={column} scope="col" className="py-2 pr-4 font-medium">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {cases.map((one) => (
            <tr key={one.id} className="border-b">
              <th scope="row" className="py-1.5 pr-4 text-left font-normal">
                {one.id}
              </th>
              <td className="pr-4">{format.number(one.patches)}</td>
              <td className="pr-4">{format.number(one.carcinoma)}</td>
              <td className="pr-4">{share(one.balancedAccuracy)}</td>
              <td className="pr-4">{share(one.recall)}</td>
              <td className="pr-4">{share(one.specificity)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}
