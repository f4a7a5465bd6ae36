import { getTranslations } from "next-intl/server";

export async function Footer() {
  const t = await getTranslations("common");
  return (
    <footer className="border-t print:border-0">
      <p className="mx-auto max-w-[92rem] px-4 group-has-[[data-wide]]/page:max-w-[118rem] py-4 text-muted text-sm sm:px-6 lg:px-8 print:hidden">
        {t("research_use_long")}
      </p>
      <p className="hidden text-sm print:block">{t("research_use")}</p>
    </footer>
  );
}
