import { useTranslations } from "next-intl";
import { cn } from "@/lib/class-names";
import type { NaturalFrequencies } from "@/lib/threshold/threshold";

/** The same figures as counts of patches, which are easier to read correctly than probabilities. */
export function NaturalFrequencyTree({ frequencies }: { frequencies: NaturalFrequencies }) {
  const t = useTranslations("threshold");
  const { total, carcinoma, found, missed, others, falselyCalled, spared } = frequencies;
  return (
    <div className="grid gap-2 text-sm" data-testid="frequencies">
      <p className="font-medium">{t("frequencies", { total })}</p>
      <Branch
        share={carcinoma / total}
        text={t("with_carcinoma", { count: carcinoma })}
        parts={[t("found", { count: found }), t("missed", { count: missed })]}
        filled={carcinoma ? found / carcinoma : 0}
        className="bg-malignant"
      />
      <Branch
        share={others / total}
        text={t("without_carcinoma", { count: others })}
        parts={[t("spared", { count: spared }), t("false_alarm", { count: falselyCalled })]}
        filled={others ? spared / others : 0}
        className="bg-benign"
      />
    </div>
  );
}

interface BranchProps {
  /** Of all patches, drawn as length. */
  share: number;
  text: string;
  parts: readonly [string, string];
  /** Share of this branch with the right verdict. */
  filled: number;
  className: string;
}

function Branch({ share, text, parts, filled, className }: BranchProps) {
  return (
    <div className="grid gap-1">
      <p>
        {text}
        <span className="text-muted">{`: ${parts[0]}, ${parts[1]}`}</span>
      </p>
      <div aria-hidden="true" className="flex h-2" style={{ width: `${100 * share}%` }}>
        <span className={cn("h-full", className)} style={{ width: `${100 * filled}%` }} />
        <span className="hatched h-full flex-1 border border-edge" />
      </div>
    </div>
  );
}
