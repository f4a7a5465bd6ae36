import type { Metadata } from "next";
import { getTranslations } from "next-intl/server";
import { Dashboard } from "@/components/dashboard/dashboard";

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations("dashboard"))("title") };
}

export default async function Page() {
  const t = await getTranslations("dashboard");
  return (
    <>
      <h1 className="font-semibold text-xl">{t("title")}</h1>
      <p className="mt-1 text-muted">{t("description")}</p>
      <Dashboard />
    </>
  );
}
