import { useTranslations } from "next-intl";
import { WarningList } from "@/components/shared/warning-list";
import type { ResultWarning } from "@/lib/api/schema";

/** Reasons to trust the result less; reasons for no verdict are shown with the verdict. */
export function Warnings({ warnings }: { warnings: readonly ResultWarning[] }) {
  const t = useTranslations("result.warnings");
  const shown = warnings.filter(({ severity }) => severity !== "withholds");
  return (
    shown.length > 0 && (
      <section aria-label={t("label")} className="border-y py-2 print:border-b-0 print:py-1">
        <h2 className="sr-only">{t("label")}</h2>
        <WarningList warnings={shown} label={t("label")} />
      </section>
    )
  );
}
