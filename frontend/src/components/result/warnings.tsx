import { TriangleAlert } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ResultWarning } from "@/lib/api/schema";

/** Reasons to trust the result less. */
export function Warnings({ warnings }: { warnings: readonly ResultWarning[] }) {
  const t = useTranslations("result.warnings");
  const texts = useTranslations("common.warning");
  if (warnings.length === 0) {
    return null;
  }
  return (
    <section aria-label={t("label")} className="border-y print:border-b-0">
      <h2 className="sr-only">{t("label")}</h2>
      <ul className="divide-y">
        {warnings.map(({ code }) => (
          <li key={code} data-code={code} className="flex gap-3 py-3 text-sm print:py-1">
            <TriangleAlert className="mt-0.5 size-4 shrink-0 text-malignant" aria-hidden="true" />
            <p>
              <span className="font-medium">{texts(`${code}.title`)}</span>
              <span className="block text-muted print:ml-2 print:inline">
                {texts(`${code}.text`)}
              </span>
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
