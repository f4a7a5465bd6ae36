import { useTranslations } from "next-intl";
import { ExamplePicture, type FirstPicture } from "@/components/example/example-picture";
import { STILL } from "@/components/example/still";
import { StillMap } from "@/components/example/still-map";
import { OperatingPoint } from "@/components/result/operating-point";
import { RegionFigures } from "@/components/result/region-figures";
import { NoVerdict } from "@/components/shared/no-verdict";
import { VerdictBadge } from "@/components/shared/verdict-badge";
import { ResultFigures } from "@/components/upload/result-figures";
import { LegendBar } from "@/components/viewer/legend-bar";
import { useLineText } from "@/components/viewer/use-line-text";
import type { PredictionResult } from "@/lib/api/schema";
import { bandOfResult } from "@/lib/threshold/threshold";

interface ExampleProps {
  result: PredictionResult;
  address: string;
  first: FirstPicture;
}

/** A drawn region with the current model's result, before there is an image of the visitor's. */
export function Example({ result, address, first }: ExampleProps) {
  const t = useTranslations("upload.example");
  const lineText = useLineText();
  const { region, threshold, verdict } = result;
  return (
    <section
      aria-labelledby="example"
      className="grid @4xl:grid-cols-[minmax(0,1fr)_22rem] @4xl:grid-rows-[auto_1fr] print:hidden"
    >
      <div className="grid gap-1 px-4 py-3 @4xl:border-l">
        <h2 id="example" className="font-semibold">
          {t("title")}
        </h2>
        <p className="text-muted text-sm">{t("text")}</p>
      </div>
      <div className="flex min-w-0 flex-col border-t @4xl:col-start-1 @4xl:row-span-2 @4xl:row-start-1 @4xl:border-t-0">
        <ExamplePicture
          result={result}
          address={address}
          still={STILL}
          first={first}
          alt={t("alt")}
        >
          <StillMap result={result} />
        </ExamplePicture>
        <div className="grid grid-cols-1 gap-2 border-t px-4 py-3">
          <LegendBar measure="tiles" threshold={threshold} opacity={1} />
          <p className="text-muted text-xs">
            {lineText({ threshold, band: bandOfResult(result) })}
          </p>
        </div>
      </div>
      <div className="grid content-start gap-2 border-t px-4 pt-3 pb-4 @4xl:border-t-0 @4xl:border-l @4xl:pt-0 @4xl:pb-3">
        <VerdictBadge result={result} isLarge className="justify-self-start" />
        {verdict === "not_assessable" && <NoVerdict result={result} />}
        <ResultFigures result={result} />
        <OperatingPoint result={result} measured={null} />
        {region && <RegionFigures result={result} region={region} threshold={threshold} />}
      </div>
    </section>
  );
}
