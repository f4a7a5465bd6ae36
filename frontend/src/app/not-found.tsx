import { getTranslations } from "next-intl/server";
import { ButtonLink } from "@/components/ui/button";

export default async function NotFound() {
  const t = await getTranslations("common.not_found");
  return (
    <div className="grid justify-items-start gap-4 py-16">
      <h1 className="font-semibold text-2xl">{t("title")}</h1>
      <p className="text-muted">{t("text")}</p>
      <ButtonLink href="/">{t("action")}</ButtonLink>
    </div>
  );
}
