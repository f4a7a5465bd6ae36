import type { Metadata } from "next";
import { cookies } from "next/headers";
import Link from "next/link";
import { getTranslations } from "next-intl/server";
import { ReviewQueue } from "@/components/review-queue/review-queue";
import { Texts } from "@/components/shell/texts";
import { PAGE_TEXTS } from "@/i18n/page-texts";
import { areShortcutsOn, SHORTCUTS_COOKIE } from "@/lib/history/shortcuts";

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations("history.review"))("title") };
}

export default async function Page() {
  const t = await getTranslations("history.review");
  return (
    <Texts names={PAGE_TEXTS.review}>
      <Link
        href="/history"
        className="rounded-sm text-muted text-sm underline underline-offset-4 hover:text-ink"
      >
        {t("back")}
      </Link>
      <h1 className="mt-1 font-semibold text-xl">{t("title")}</h1>
      <p className="max-w-prose text-muted">{t("description")}</p>
      <ReviewQueue
        initialShortcuts={areShortcutsOn((await cookies()).get(SHORTCUTS_COOKIE)?.value)}
      />
    </Texts>
  );
}
