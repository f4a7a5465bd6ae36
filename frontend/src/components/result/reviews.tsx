import { useTranslations } from "next-intl";
import { ReviewForm } from "@/components/review/review-form";
import { ReviewList } from "@/components/review/review-list";
import type { HistoryRecord } from "@/lib/api/schema";

/** Reviews of the result. */
export function Reviews({ record }: { record: HistoryRecord }) {
  const t = useTranslations("result.review");
  const { result, reviews } = record;
  if (!result.saved) {
    return null;
  }
  return (
    <section>
      <h2 className="font-semibold text-base">{t("title")}</h2>
      <div className="mt-2 grid gap-4 print:gap-1">
        <div className="print:hidden">
          <ReviewForm id={result.id} verdict={result.verdict} />
        </div>
        <ReviewList reviews={reviews} />
      </div>
    </section>
  );
}
