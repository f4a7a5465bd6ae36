import { useTranslations } from "next-intl";

/** The page's shape while the result is on its way. */
export function ResultSkeleton() {
  const t = useTranslations("common");
  return (
    <div role="status" className="grid gap-6 lg:grid-cols-[minmax(0,1fr)_23rem]">
      <span className="sr-only">{t("loading")}</span>
      <div className="h-[70svh] rounded-lg border bg-stage" />
      <div className="grid content-start gap-4">
        <div className="h-9 rounded-md bg-raised" />
        <div className="h-24 rounded-md bg-raised" />
        <div className="h-64 rounded-md bg-raised" />
      </div>
    </div>
  );
}
