import type { Metadata, Viewport } from "next";
import { cookies } from "next/headers";
import { getLocale, getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { plex } from "@/app/fonts";
import { Footer } from "@/components/shell/footer";
import { Header } from "@/components/shell/header";
import { Providers } from "@/components/shell/providers";
import { ServiceNotice } from "@/components/shell/service-notice";
import { Texts } from "@/components/shell/texts";
import { THEME_COOKIE, themeOf } from "@/lib/preferences";
import { hasHistory, visitorZone } from "@/lib/server/visit";
import { publicApiUrl } from "@/lib/settings";
import "@/app/globals.css";

export async function generateMetadata(): Promise<Metadata> {
  const t = await getTranslations("common");
  return {
    title: { default: "Biopsia", template: "%s · Biopsia" },
    description: t("description"),
    applicationName: "Biopsia",
  };
}

export const viewport: Viewport = {
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#f7f7f9" },
    { media: "(prefers-color-scheme: dark)", color: "#121216" },
  ],
};

export default async function RootLayout({ children }: { children: ReactNode }) {
  const t = await getTranslations("common");
  const theme = themeOf((await cookies()).get(THEME_COOKIE)?.value);
  return (
    <html lang={await getLocale()} data-theme={theme} className={plex.variable}>
      <body className="group/page flex flex-col font-sans text-base antialiased">
        <a
          href="#content"
          className="sr-only z-50 rounded-md bg-accent px-4 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-3 focus:left-3"
        >
          {t("skip")}
        </a>
        <Texts names={[]}>
          <Providers
            publicApiUrl={publicApiUrl()}
            timeZone={await visitorZone()}
            hasHistory={await hasHistory()}
          >
            <Header theme={theme} />
            <ServiceNotice />
            <main
              id="content"
              tabIndex={-1}
              className="mx-auto w-full max-w-[92rem] flex-1 px-4 pt-3 pb-12 outline-none group-has-[[data-wide]]/page:max-w-[118rem] sm:px-6 sm:pt-6 lg:px-8 group-has-[[data-wide]]/page:lg:pt-4 print:p-0"
            >
              {children}
            </main>
          </Providers>
        </Texts>
        <Footer />
      </body>
    </html>
  );
}
