import Link from "next/link";
import { getTranslations } from "next-intl/server";
import { LanguageSwitch } from "@/components/shell/language-switch";
import { Navigation } from "@/components/shell/navigation";
import { ThemeSwitch } from "@/components/shell/theme-switch";
import { Wordmark } from "@/components/shell/wordmark";
import type { Theme } from "@/lib/preferences";

export async function Header({ theme }: { theme: Theme }) {
  const t = await getTranslations("common");
  return (
    <header className="sticky top-0 z-30 border-b bg-ground/95 backdrop-blur-sm print:hidden">
      <div className="mx-auto flex min-h-14 w-full max-w-[92rem] flex-wrap group-has-[[data-wide]]/page:max-w-[118rem] items-center gap-x-6 px-4 sm:px-6 lg:px-8">
        <Link href="/" prefetch={false} className="rounded-sm py-2">
          <Wordmark />
        </Link>
        <Navigation
          label={t("nav.label")}
          items={[
            { href: "/", label: t("nav.upload") },
            { href: "/history", label: t("nav.history") },
            { href: "/dashboard", label: t("nav.dashboard") },
            { href: "/model", label: t("nav.model") },
          ]}
        />
        <div className="ml-auto flex items-center gap-1">
          <LanguageSwitch />
          <ThemeSwitch initial={theme} />
        </div>
      </div>
    </header>
  );
}
