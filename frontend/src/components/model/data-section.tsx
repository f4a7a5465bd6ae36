import { useFormatter, useTranslations } from "next-intl";
import { Facts, Prose } from "@/components/model/section";
import type { ModelReport } from "@/lib/api/schema";
import type { ModelMetrics } from "@/lib/model/metrics";

interface DataSectionProps {
  inference: ModelReport["inference"];
  metrics: ModelMetrics | null;
}

const REFERENCES = [
  { key: "reference_cruz", address: "https://doi.org/10.1117/12.2043872" },
  { key: "reference_janowczyk", address: "https://doi.org/10.4103/2153-3539.186902" },
] as const;

export function DataSection({ inference, metrics }: DataSectionProps) {
  const t = useTranslations("model.data");
  return (
    <>
      <Prose>
        {(["source", "split", "sample", "labels", "learning", "calibrating"] as const).map(
          (part) => (
            <p key={part}>{t(part)}</p>
          ),
        )}
      </Prose>
      <TrainingFacts inference={inference} metrics={metrics} />
      <p className="flex flex-wrap gap-x-4 gap-y-1 text-sm">
        <span className="text-muted">{t("references")}</span>
        {REFERENCES.map(({ key, address }) => (
          <a
            key={key}
            href={address}
            rel="noreferrer"
            className="text-accent underline underline-offset-4 hover:text-accent-strong"
          >
            {t(key)}
          </a>
        ))}
      </p>
    </>
  );
}

function TrainingFacts({ inference, metrics }: DataSectionProps) {
  const t = useTranslations("model.data");
  const { training } = inference;
  const facts = [
    { term: t("dataset"), value: training.dataset },
    {
      term: t("trained"),
      value: t("trained_value", { patches: training.patches, cases: training.cases }),
    },
    ...(metrics?.casesCount && metrics.patches && metrics.split
      ? [
          {
            term: t("held_out"),
            value: t("held_out_value", {
              patches: metrics.patches,
              cases: metrics.casesCount,
              split: metrics.split,
            }),
          },
        ]
      : []),
    { term: t("split_hash"), value: <code className="break-all">{training.split_sha256}</code> },
    { term: t("backbone"), value: training.backbone },
    {
      term: t("input"),
      value: t("input_value", {
        size: inference.input_size,
        colour: inference.color_mode.toUpperCase(),
        interpolation: inference.interpolation,
      }),
    },
    { term: t("calibration"), value: useCalibrationText()(inference.calibration) },
  ];
  return <Facts facts={facts} />;
}

function useCalibrationText(): (
  calibration: DataSectionProps["inference"]["calibration"],
) => string {
  const t = useTranslations("model.data");
  const format = useFormatter();
  return ({ method, slope, intercept }) =>
    t("calibration_value", {
      method,
      slope: format.number(slope, { maximumFractionDigits: 3 }),
      sign: intercept < 0 ? "minus" : "plus",
      intercept: format.number(Math.abs(intercept), { maximumFractionDigits: 3 }),
    });
}
