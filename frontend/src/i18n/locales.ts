export const LOCALES = ["en", "es"] as const;

export type Locale = (typeof LOCALES)[number];

export const LOCALE_COOKIE = "biopsia-locale";

/** The cookie's locale, else the first supported one of `Accept-Language`, else English. */
export function chooseLocale(cookie: string | undefined, acceptLanguage: string | null): Locale {
  const accepted = (acceptLanguage ?? "")
    .split(",")
    .map((part) => {
      const [tag = "", quality] = part.trim().split(";q=");
      return { language: tag.toLowerCase().split("-")[0], quality: Number(quality ?? 1) };
    })
    .sort((one, other) => other.quality - one.quality)
    .map(({ language }) => language);
  return [cookie, ...accepted].find(isLocale) ?? "en";
}

function isLocale(value: string | undefined): value is Locale {
  return LOCALES.some((locale) => locale === value);
}
