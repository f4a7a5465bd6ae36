import type { Metadata } from "next";
import { getTranslations } from "next-intl/server";
import { History } from "@/components/history/history";
import { Texts } from "@/components/shell/texts";
import { ButtonLink } from "@/components/ui/button";
import { PAGE_TEXTS } from "@/i18n/page-texts";

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations("history"))("title") };
}

export default async function Page() {
  const t = await getTranslations("history");
  return (
    <Texts names={PAGE_TEXTS.history}>
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <div className="grid gap-1">
          <h1 className="font-semibold text-xl">{t("title")}</h1>
          <p className="text-muted">{t("description")}</p>
        </div>
        <ButtonLink href="/history/review" variant="outline" className="print:hidden">
          {t("to_review")}
        </ButtonLink>
      </div>
      <History />
    </Texts>
  );
}
