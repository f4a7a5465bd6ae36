import { useFormatter } from "next-intl";
import { boundedFigure, durationOf, PROBABILITY_DECIMALS } from "@/lib/figures";

/** Formats shares, probabilities and times in the visitor's language, the same everywhere. */
export function useFigureText() {
  const format = useFormatter();
  return {
    /** A share, 0 to 1, as a percentage with a largest and a smallest number of decimals. */
    share: (value: number, decimals = 1, leastDecimals = 0): string => {
      const { sign, value: bounded } = boundedFigure(value, decimals + 2);
      const text = format.number(bounded, {
        style: "percent",
        minimumFractionDigits: leastDecimals,
        maximumFractionDigits: decimals,
      });
      return `${sign}${text}`;
    },
    probability: (value: number, decimals = PROBABILITY_DECIMALS): string => {
      const { sign, value: bounded } = boundedFigure(value, decimals);
      const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
      return `${sign}${format.number(bounded, digits)}`;
    },
    duration: (milliseconds: number): string => {
      const { value, unit, decimals } = durationOf(milliseconds);
      const text = format.number(value, {
        style: "unit",
        unit,
        minimumFractionDigits: unit === "millisecond" ? 0 : decimals,
        maximumFractionDigits: decimals,
      });
      // A number and its unit stay on one line.
      return text.replace(" ", "\u00a0");
    },
  };
}
