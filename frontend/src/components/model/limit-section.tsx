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

export function LimitSection() {
  const t = useTranslations("model.limits");
  return (
    <ul className="grid max-w-[68ch] list-disc gap-2 pl-5">
      <li className="font-medium">{t("research")}</li>
      {LIMITS.map((limit) => (
        <li key={limit}>{t(limit)}</li>
      ))}
    </ul>
  );
}
