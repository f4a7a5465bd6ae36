"use client";

import { useTranslations } from "next-intl";
import { Button } from "@/components/ui/button";

export default function PageFailed({ reset }: { reset: () => void }) {
  const t = useTranslations("common");
  return (
    <div className="grid justify-items-start gap-4 py-16">
      <h1 className="font-semibold text-2xl">{t("page_failed.title")}</h1>
      <p className="text-muted">{t("page_failed.text")}</p>
      <Button onClick={reset}>{t("retry")}</Button>
    </div>
  );
}
