import { useFormatter, useTranslations } from "next-intl";

const PERCENT = {
  style: "percent",
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
} as const;

interface Figures {
  /** A share, 0 to 1, as a percentage; null is not defined. */
  share: (value: number | null) => string;
  /** A threshold or probability, 0 to 1. */
  threshold: (value: number) => string;
}

/** Writes measured figures, the same everywhere. */
export function useFigures(): Figures {
  const t = useTranslations("threshold");
  const format = useFormatter();
  return {
    share: (value) => (value === null ? t("undefined") : format.number(value, PERCENT)),
    threshold: (value) =>
      format.number(value, { minimumFractionDigits: 2, maximumFractionDigits: 3 }),
  };
}
