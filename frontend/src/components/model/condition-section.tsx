import { useTranslations } from "next-intl";
import { BlurPlot } from "@/components/model/blur-plot";
import { OutsidePlot } from "@/components/model/outside-plot";
import { RobustnessPlot } from "@/components/model/robustness-plot";
import type { ModelReport } from "@/lib/api/schema";
import { blurSteps, outsideGroups, robustness } from "@/lib/model/reports";

/**
 * The model's figures on patches degraded by cameras and files, and on pictures from other sources.
 */
export function ConditionSection({ reports }: Pick<ModelReport, "reports">) {
  const t = useTranslations("model.conditions");
  const changed = robustness(reports.robust);
  const steps = blurSteps(reports.limits);
  const groups = outsideGroups(reports.outside);
  if (!changed && steps.length < 2 && groups.length === 0) {
    return <p>{t("none")}</p>;
  }
  return (
    <div className="grid grid-cols-1 gap-10">
      {changed && <RobustnessPlot robustness={changed} />}
      {steps.length > 1 && <BlurPlot steps={steps} />}
      {groups.length > 0 && <OutsidePlot groups={groups} />}
    </div>
  );
}
