import { useTranslations } from "next-intl";

const LIMITS = [
  "patients",
  "lesions",
  "material",
  "scale",
  "origin",
  "people",
  "prevalence",
  "regions",
  "sure",
] as const;

interface LimitSectionProps {
  /** Whether pictures from elsewhere were measured. */
  isMeasuredElsewhere: boolean;
}

export function LimitSection({ isMeasuredElsewhere }: LimitSectionProps) {
  const t = useTranslations("model.limits");
  return (
    <ul className="grid max-w-[68ch] list-disc gap-2 pl-5">
      <li className="font-medium">{t("research")}</li>
      {LIMITS.map((limit) => (
        <li key={limit}>{t(limit, { measured: String(isMeasuredElsewhere) })}</li>
      ))}
    </ul>
  );
}
