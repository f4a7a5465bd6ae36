import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { Facts } from "@/components/result/facts";
import { OperatingPoint } from "@/components/result/operating-point";
import { OtherThresholds } from "@/components/result/other-thresholds";
import { RecordFiling } from "@/components/result/record-filing";
import { RegionFigures } from "@/components/result/region-figures";
import { Reviews } from "@/components/result/reviews";
import { TopBar } from "@/components/result/top-bar";
import { VerdictSummary } from "@/components/result/verdict-summary";
import { Warnings } from "@/components/result/warnings";
import { Part } from "@/components/shared/part";
import { useThreshold } from "@/components/threshold/use-threshold";
import { Viewer } from "@/components/viewer/viewer";
import { modelQuery } from "@/lib/api/queries";
import type { HistoryRecord } from "@/lib/api/schema";
import { cn } from "@/lib/class-names";
import { pointOf } from "@/lib/threshold/threshold";

/** A result: the image with the evidence, and its facts. */
export function ResultView({ record }: { record: HistoryRecord }) {
  const { result } = record;
  const t = useTranslations("common");
  const threshold = useThreshold(result);
  const { data: model } = useQuery(modelQuery);
  return (
    <article
      data-wide
      className={cn(
        RESULT_GRID,
        "lg:grid-rows-[auto_auto_auto_1fr] print:block print:[print-color-adjust:exact]",
      )}
    >
      <Part>
        <TopBar record={record} />
      </Part>
      <div className="lg:col-start-2 lg:row-start-2">
        <Part>
          <VerdictSummary result={result} />
        </Part>
      </div>
      <div className="min-w-0 lg:col-start-1 lg:row-span-3 lg:row-start-2 print:mt-3">
        <Part>
          <Viewer record={record} threshold={threshold} />
        </Part>
      </div>
      <div className="grid content-start gap-4 lg:col-start-2 lg:row-start-3 print:mt-3 print:gap-3">
        <OperatingPoint result={result} measured={pointOf(model, result)} />
        <Warnings warnings={result.warnings} />
        {result.region && (
          <RegionFigures
            result={result}
            region={result.region}
            threshold={threshold.rule.threshold}
          />
        )}
      </div>
      <div className="grid content-start gap-6 lg:col-start-2 lg:row-start-4 min-[105rem]:col-start-3 min-[105rem]:row-span-3 min-[105rem]:row-start-2 print:mt-3 print:gap-3">
        <Part>
          <Reviews record={record} />
        </Part>
        <Part>
          <RecordFiling record={record} />
        </Part>
        <Part>
          <Facts result={result} />
        </Part>
        <p className="border-t pt-3 text-muted text-sm print:hidden">{t("research_use")}</p>
      </div>
      <Part>
        <OtherThresholds result={result} threshold={threshold} />
      </Part>
    </article>
  );
}

/** The image, with one column beside it, or two on wide screens. */
export const RESULT_GRID =
  "grid gap-x-8 gap-y-3 lg:grid-cols-[minmax(0,1fr)_23rem] lg:gap-y-4 min-[105rem]:grid-cols-[minmax(0,1fr)_22rem_20rem]";
