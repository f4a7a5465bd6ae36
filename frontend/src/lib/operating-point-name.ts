import { useTranslations } from "next-intl";

/** Says an operating point in the visitor's language; of one without words, the model's own name. */
export function useOperatingPointName(): (name: string) => string {
  const t = useTranslations("common.operating_point");
  return (name) => {
    switch (name) {
      case "balanced":
      case "high_sensitivity":
      case "high_specificity":
        return t(name);
      default:
        return name;
    }
  };
}
