import { useTranslations } from "next-intl";
import { CaseSpread } from "@/components/model/case-spread";
import { CaseTable } from "@/components/model/case-table";
import { useOperatingPointLabel } from "@/hooks/use-operating-point-label";
import type { CaseMeasures } from "@/lib/model/metrics";

interface CaseSectionProps {
  cases: readonly CaseMeasures[];
  /** The operating point that the cases were judged at. */
  point: string;
}

export function CaseSection({ cases, point }: CaseSectionProps) {
  const t = useTranslations("model.cases");
  const nameOf = useOperatingPointLabel();
  if (cases.length === 0) {
    return <p>{t("none")}</p>;
  }
  return (
    <>
      <p className="max-w-[68ch]">{t("text", { name: nameOf(point) })}</p>
      <div className="grid max-w-[64rem] gap-6">
        <CaseSpread metric="balanced_accuracy" values={defined(cases, "balancedAccuracy")} />
        <CaseSpread metric="recall" values={defined(cases, "recall")} />
        <CaseSpread metric="specificity" values={defined(cases, "specificity")} />
      </div>
      <details>
        <summary className="w-fit py-1 font-medium text-accent underline underline-offset-4">
          {t("show", { count: cases.length })}
        </summary>
        <CaseTable cases={cases} />
      </details>
    </>
  );
}

function defined(
  cases: readonly CaseMeasures[],
  figure: "recall" | "specificity" | "balancedAccuracy",
): number[] {
  return cases.map((one) => one[figure]).filter((value) => value !== null);
}
