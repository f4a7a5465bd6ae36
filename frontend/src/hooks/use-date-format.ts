import { useLocale } from "next-intl";

// The texts are in British English, and so are the dates.
const DATE_LOCALES: Readonly<Record<string, string>> = { en: "en-GB" };
const formats = new Map<string, Intl.DateTimeFormat>();

/** Writes dates in the language of the page. */
export function useDateFormat() {
  const locale = useLocale();
  return (date: Date, options: Intl.DateTimeFormatOptions & { timeZone: string }): string => {
    const key = JSON.stringify([locale, options]);
    const format =
      formats.get(key) ?? new Intl.DateTimeFormat(DATE_LOCALES[locale] ?? locale, options);
    formats.set(key, format);
    return format.format(date);
  };
}
