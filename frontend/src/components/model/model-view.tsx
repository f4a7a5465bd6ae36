import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { CaseSection } from "@/components/model/case-section";
import { ConditionSection } from "@/components/model/condition-section";
import { Contents, SECTIONS, type SectionName } from "@/components/model/contents";
import { CurveSection } from "@/components/model/curve-section";
import { DataSection } from "@/components/model/data-section";
import { FigureSection } from "@/components/model/figure-section";
import { FileSection } from "@/components/model/file-section";
import { LimitSection } from "@/components/model/limit-section";
import { MapSection } from "@/components/model/map-section";
import { Overview } from "@/components/model/overview";
import { RequestSection } from "@/components/model/request-section";
import { Section } from "@/components/model/section";
import { ThresholdExplorer } from "@/components/threshold/threshold-explorer";
import type { ModelReport } from "@/lib/api/schema";
import { modelMetrics } from "@/lib/model/metrics";
import { slideEvidence } from "@/lib/model/reports";

interface ModelViewProps {
  report: ModelReport;
  /** Public address of the API. */
  apiUrl: string;
}

/** All that is known about the model in use. */
export function ModelView({ report, apiUrl }: ModelViewProps) {
  const t = useTranslations("model");
  const metrics = modelMetrics(report.metrics);
  const parts: Readonly<Record<SectionName, ReactNode>> = {
    overview: <Overview report={report} metrics={metrics} />,
    figures: <FigureSection report={report} metrics={metrics} />,
    threshold: (
      <>
        <p className="max-w-[68ch]">{t("threshold_text")}</p>
        <ThresholdExplorer />
      </>
    ),
    curves: <CurveSection report={report} metrics={metrics} />,
    cases: <CaseSection cases={metrics?.cases ?? []} point={defaultPoint(report)} />,
    conditions: <ConditionSection reports={report.reports} />,
    data: <DataSection inference={report.inference} metrics={metrics} />,
    map: <MapSection slides={slideEvidence(report.reports.explain)} />,
    limits: <LimitSection isMeasuredElsewhere={"outside" in report.reports} />,
    requests: <RequestSection report={report} apiUrl={apiUrl} />,
    files: <FileSection hashes={report.inference.sha256} />,
  };
  return (
    <div className="grid gap-x-12 gap-y-8 lg:grid-cols-[13rem_minmax(0,1fr)]">
      <Contents />
      <div className="grid min-w-0 gap-12">
        {SECTIONS.map((name) => (
          <Section key={name} id={name} title={t(`section.${name}`)}>
            {parts[name]}
          </Section>
        ))}
      </div>
    </div>
  );
}

function defaultPoint(report: ModelReport): string {
  return report.inference.default_operating_point;
}
