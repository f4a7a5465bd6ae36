import type { Metadata } from "next";
import { getTranslations } from "next-intl/server";

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations("dashboard"))("title") };
}

export default async function Page() {
  const t = await getTranslations("dashboard");
  return <h1 className="font-semibold text-2xl">{t("title")}</h1>;
}
