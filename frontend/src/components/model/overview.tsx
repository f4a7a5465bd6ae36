import { useFormatter, useTranslations } from "next-intl";
import type { MeasuredProps } from "@/components/model/measured-props";
import { Facts, Prose } from "@/components/model/section";
import { useDateFormat } from "@/hooks/use-date-format";
import { useOperatingPointLabel } from "@/hooks/use-operating-point-label";

export function Overview({ report: { inference }, metrics }: MeasuredProps) {
  const t = useTranslations("model");
  const format = useFormatter();
  const dateText = useDateFormat();
  const nameOf = useOperatingPointLabel();
  const pixels = inference.patch_size_pixels;
  const facts = [
    {
      term: t("overview.patch"),
      value: t("overview.patch_value", {
        pixels,
        microns: format.number(inference.microns_per_pixel),
        side: format.number(pixels * inference.microns_per_pixel),
      }),
    },
    { term: t("overview.classes"), value: t("overview.classes_value") },
    {
      term: t("overview.network"),
      value: t("overview.network_value", {
        backbone: inference.training.backbone,
        input: inference.input_size,
      }),
    },
    {
      term: t("overview.operating_point"),
      value: nameOf(inference.default_operating_point),
    },
    { term: t("overview.name"), value: inference.name },
    { term: t("overview.revision"), value: <code>{inference.revision}</code> },
    {
      term: t("overview.exported"),
      value: dateText(new Date(inference.training.date), { dateStyle: "long", timeZone: "UTC" }),
    },
  ];
  return (
    <>
      <Prose>
        <p className="border-accent border-l-2 pl-4 font-medium">{t("limits.research")}</p>
      </Prose>
      <Facts
        facts={
          metrics?.casesCount && metrics.patches
            ? [
                ...facts.slice(0, 3),
                {
                  term: t("overview.measured"),
                  value: t("overview.measured_value", {
                    cases: metrics.casesCount,
                    patches: metrics.patches,
                  }),
                },
                ...facts.slice(3),
              ]
            : facts
        }
      />
    </>
  );
}
