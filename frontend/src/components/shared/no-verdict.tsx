import { useTranslations } from "next-intl";
import { type ReactNode, useId } from "react";
import { WarningList } from "@/components/shared/warning-list";
import type { PredictionResult } from "@/lib/api/schema";

interface NoVerdictProps {
  result: PredictionResult;
  /** Actions for the visitor. */
  children?: ReactNode;
}

/** Why an image allows no verdict, and what to do. */
export function NoVerdict({ result, children }: NoVerdictProps) {
  const t = useTranslations("result.verdict");
  const id = useId();
  const reasons = result.warnings.filter(({ severity }) => severity === "withholds");
  return (
    <section
      aria-labelledby={id}
      className="grid gap-3 rounded-md border border-edge border-dashed p-3"
    >
      <h2 id={id} className="sr-only">
        {t("reasons")}
      </h2>
      <WarningList warnings={reasons} label={t("reasons")} />
      {children}
    </section>
  );
}
