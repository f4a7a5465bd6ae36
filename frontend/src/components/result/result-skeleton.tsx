import { useTranslations } from "next-intl";
import { RESULT_GRID } from "@/components/result/result-view";

/** The page's layout while the result is loading. */
export function ResultSkeleton() {
  const t = useTranslations("common");
  return (
    <div role="status" data-wide className={RESULT_GRID}>
      <span className="sr-only">{t("loading")}</span>
      <div className="h-9 lg:col-span-full" />
      <div className="h-[70svh] rounded-lg border bg-stage" />
      <div className="grid content-start gap-4">
        <div className="h-9 rounded-md bg-raised" />
        <div className="h-24 rounded-md bg-raised" />
        <div className="h-64 rounded-md bg-raised" />
      </div>
    </div>
  );
}
