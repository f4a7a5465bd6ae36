import { useFormatter, useTranslations } from "next-intl";
import { useFigureText } from "@/hooks/use-figure-text";

interface Figures {
  /** A share, 0 to 1, as a percentage; null is not defined. */
  share: (value: number | null) => string;
  /** A threshold, 0 to 1. */
  threshold: (value: number) => string;
  probability: (value: number) => string;
}

/** Writes measured figures, the same everywhere. */
export function useFigures(): Figures {
  const t = useTranslations("threshold");
  const format = useFormatter();
  const text = useFigureText();
  return {
    share: (value) => (value === null ? t("undefined") : text.share(value, 1, 1)),
    probability: text.probability,
    threshold: (value) =>
      format.number(value, { minimumFractionDigits: 2, maximumFractionDigits: 3 }),
  };
}
