"use client";

import { useRouter } from "next/navigation";
import { useLocale, useTranslations } from "next-intl";
import { LOCALE_COOKIE, LOCALES } from "@/i18n/locales";
import { cn } from "@/lib/class-names";
import { remember } from "@/lib/preferences";

const NAMES = { en: "English", es: "Español" } as const;

export function LanguageSwitch() {
  const t = useTranslations("common");
  const current = useLocale();
  const router = useRouter();
  return (
    <fieldset className="flex rounded-md border text-sm">
      <legend className="sr-only">{t("language")}</legend>
      {LOCALES.map((locale) => (
        <button
          key={locale}
          type="button"
          lang={locale}
          aria-pressed={locale === current}
          aria-label={NAMES[locale]}
          title={NAMES[locale]}
          onClick={() => {
            remember(LOCALE_COOKIE, locale);
            router.refresh();
          }}
          className={cn(
            "min-w-9 rounded-md px-2 py-1.5 uppercase hover:text-ink",
            locale === current ? "bg-raised font-medium text-ink" : "text-muted",
          )}
        >
          {locale}
        </button>
      ))}
    </fieldset>
  );
}
