"use client";

import { useFormatter, useTranslations } from "next-intl";
import { useDateFormat } from "@/hooks/use-date-format";
import { useFigureText } from "@/hooks/use-figure-text";
import { type Day, noonOf } from "@/lib/dates/dates";

/** Numbers and days in the visitor's language. */
export function useNumberFormat() {
  const format = useFormatter();
  const dateText = useDateFormat();
  const t = useTranslations("dashboard");
  const figures = useFigureText();
  const hour = (value: number) =>
    dateText(new Date(Date.UTC(2000, 0, 1, value)), {
      hour: "numeric",
      minute: "2-digit",
      timeZone: "UTC",
    });
  return {
    count: (value: number) => format.number(value),
    /** A share from 0 to 1 as a percentage. */
    share: (value: number | null) => (value === null ? t("none") : figures.share(value)),
    probability: (value: number) =>
      format.number(value, { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
    /** A time in milliseconds; null of none. */
    duration: (value: number | null) => (value === null ? t("none") : figures.duration(value)),
    /** A time of which only a lower limit is known. */
    longerThan: (value: number) => t("longer_than", { time: figures.duration(value) }),
    shortDay: (day: Day) =>
      dateText(noonOf(day), { day: "numeric", month: "short", timeZone: "UTC" }),
    fullDay: (day: Day) => dateText(noonOf(day), { dateStyle: "medium", timeZone: "UTC" }),
    hour,
  };
}
