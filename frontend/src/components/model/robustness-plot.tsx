import { useTranslations } from "next-intl";
import { Figure } from "@/components/model/figure";
import { RowPlot, SeriesLegend } from "@/components/model/row-plot";
import { useFigures } from "@/components/threshold/use-figures";
import { useOperatingPointLabel } from "@/hooks/use-operating-point-label";
import type { Messages } from "@/i18n/messages";
import { isChanged, type Robustness, type Shift } from "@/lib/model/reports";

type ShiftName = keyof Messages["model"]["conditions"]["shift"];

/** Sensitivity and specificity on patches as they are, and changed in several ways. */
export function RobustnessPlot({ robustness }: { robustness: Robustness }) {
  const t = useTranslations("model.conditions");
  const figures = useTranslations("model.metric");
  const nameOf = useShiftName();
  const pointName = useOperatingPointLabel();
  const { share, probability } = useFigures();
  const { shifts, patches, cases, operatingPoint } = robustness;
  const clean = shifts.find((shift) => !isChanged(shift));
  const references = [clean?.sensitivity, clean?.specificity].filter((value) => value != null);
  const table = {
    columns: [
      t("change"),
      figures("recall.name"),
      figures("specificity.name"),
      figures("roc_auc.name"),
      t("flips"),
    ],
    rows: shifts.map((shift) => ({
      key: shift.name,
      name: nameOf(shift),
      cells: [
        share(shift.sensitivity),
        share(shift.specificity),
        shift.rocAuc === null ? "–" : probability(shift.rocAuc),
        isChanged(shift) ? share(shift.flips) : "–",
      ],
    })),
  };
  return (
    <Figure
      title={t("robust")}
      text={t("robust_text", {
        patches: patches ?? 0,
        cases: cases ?? 0,
        name: pointName(operatingPoint),
      })}
      table={table}
      className="max-w-[64rem]"
    >
      <SeriesLegend
        entries={[
          { series: "first", text: figures("recall.name") },
          { series: "second", text: figures("specificity.name") },
        ]}
        reference={t("clean_reference")}
      />
      <RowPlot
        summary={shifts
          .map((shift) =>
            t("robust_summary", {
              name: nameOf(shift),
              sensitivity: share(shift.sensitivity),
              specificity: share(shift.specificity),
            }),
          )
          .join(" ")}
        rows={shifts.map((shift) => ({
          key: shift.name,
          name: nameOf(shift),
          references,
          marks: [
            ...(shift.sensitivity === null
              ? []
              : [{ series: "first" as const, value: shift.sensitivity }]),
            ...(shift.specificity === null
              ? []
              : [{ series: "second" as const, value: shift.specificity }]),
          ],
        }))}
      />
    </Figure>
  );
}

function useShiftName(): (shift: Shift) => string {
  const t = useTranslations("model.conditions.shift");
  return ({ name }) => {
    // Names of messages cannot contain a dot.
    const key = name.replace(".", "_");
    return t.has(key as ShiftName) ? t(key as ShiftName) : name;
  };
}
