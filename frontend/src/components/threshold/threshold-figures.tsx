import { useFormatter, useTranslations } from "next-intl";
import { useState } from "react";
import { NaturalFrequencyTree } from "@/components/threshold/natural-frequency-tree";
import { PrevalenceField } from "@/components/threshold/prevalence-field";
import { useFigures } from "@/components/threshold/use-figures";
import { useOperatingPointLabel } from "@/hooks/use-operating-point-label";
import {
  type Chosen,
  naturalFrequencies,
  parsePercentage,
  predictiveValues,
  probabilityAt,
} from "@/lib/threshold/threshold";

interface ThresholdFiguresProps {
  chosen: Chosen;
  measuredPrevalence: number | null;
  /** The prevalence that the probability assumes; null if unknown. */
  assumedPrevalence: number | null;
  /** Of the patch that the threshold is for; null where there is none. */
  probability: number | null;
}

/** Sensitivity and specificity, and the predictive values at a prevalence. */
export function ThresholdFigures(props: ThresholdFiguresProps) {
  const { chosen, measuredPrevalence, assumedPrevalence, probability } = props;
  const t = useTranslations("threshold");
  const { share, threshold } = useFigures();
  const nameOf = useOperatingPointLabel();
  const prevalence = usePrevalence(measuredPrevalence);
  const { sensitivity, specificity } = chosen;
  const known =
    sensitivity === null || specificity === null || prevalence.share === null
      ? null
      : ([sensitivity, specificity, prevalence.share] as const);
  const values = known && predictiveValues(...known);
  const where = { threshold: threshold(chosen.threshold) };
  return (
    <div className="grid content-start gap-4">
      <p className="font-medium">
        {chosen.name === null
          ? t("at", where)
          : t("at_point", { name: nameOf(chosen.name), ...where })}
      </p>
      <dl className="grid gap-3">
        <Figure name="sensitivity" value={sensitivity} />
        <Figure name="specificity" value={specificity} />
      </dl>
      <hr />
      <PrevalenceField {...prevalence.field} measured={measuredPrevalence} />
      <dl className="grid gap-3">
        <Figure name="ppv" value={values?.positive ?? null} />
        <Figure name="npv" value={values?.negative ?? null} />
        {probability !== null && assumedPrevalence !== null && prevalence.share !== null && (
          <Figure
            name="converted"
            value={probabilityAt(probability, assumedPrevalence, prevalence.share)}
            assumed={share(assumedPrevalence)}
          />
        )}
      </dl>
      {known && <NaturalFrequencyTree frequencies={naturalFrequencies(...known)} />}
    </div>
  );
}

interface FigureProps {
  name: "sensitivity" | "specificity" | "ppv" | "npv" | "converted";
  value: number | null;
  /** The prevalence that the result itself assumes. */
  assumed?: string;
}

function Figure({ name, value, assumed = "" }: FigureProps) {
  const t = useTranslations("threshold");
  const { share } = useFigures();
  return (
    <div className="grid grid-cols-[minmax(0,1fr)_auto] items-baseline gap-x-4">
      <dt>
        <span className="font-medium text-sm">{t(name)}</span>
        <span className="block text-muted text-sm">{t(`${name}_meaning`, { assumed })}</span>
      </dt>
      <dd data-figure={name} className={value === null ? "text-muted text-sm" : "text-xl"}>
        {share(value)}
      </dd>
    </div>
  );
}

function usePrevalence(measured: number | null) {
  const format = useFormatter();
  const [typed, setTyped] = useState<string | null>(null);
  const shown =
    measured === null ? "" : format.number(100 * measured, { maximumFractionDigits: 1 });
  const share = typed === null ? measured : parsePercentage(typed);
  return {
    share,
    field: {
      text: typed ?? shown,
      isInvalid: typed !== null && share === null,
      onChange: setTyped,
      onReset: typed === null || measured === null ? null : () => setTyped(null),
    },
  };
}
