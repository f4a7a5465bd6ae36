"use client";

import { useTranslations } from "next-intl";
import { Button, ButtonLink } from "@/components/ui/button";

/** Explains an empty history. */
export function EmptyHistory() {
  const t = useTranslations("history.empty");
  return (
    <section className="grid justify-items-start gap-3 border-t pt-6 [&>p]:max-w-prose">
      <h2 className="font-semibold text-lg">{t("title")}</h2>
      <p className="text-muted">{t("what")}</p>
      <p className="text-muted">{t("private")}</p>
      <ButtonLink href="/" className="mt-1">
        {t("action")}
      </ButtonLink>
      <p className="text-muted text-sm">{t("samples")}</p>
    </section>
  );
}

export function NothingFound({ onClear }: { onClear: () => void }) {
  const t = useTranslations("history");
  return (
    <section className="grid justify-items-start gap-3 border-t pt-6 [&>p]:max-w-prose">
      <h2 className="font-semibold text-lg">{t("none.title")}</h2>
      <p className="text-muted">{t("none.text")}</p>
      <Button variant="outline" onClick={onClear}>
        {t("filters.clear")}
      </Button>
    </section>
  );
}
