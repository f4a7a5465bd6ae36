import { useTranslations } from "next-intl";
import { EvidenceExample } from "@/components/model/evidence-example";
import { EvidenceFigures } from "@/components/model/evidence-figures";
import { Prose, SubTitle } from "@/components/model/section";
import type { SlideEvidence } from "@/lib/model/reports";

export function MapSection({ slides }: { slides: readonly SlideEvidence[] }) {
  const t = useTranslations("model.map");
  return (
    <>
      <Prose>
        <p>{t("text")}</p>
      </Prose>
      <EvidenceExample />
      <div className="grid gap-8 md:grid-cols-2 md:gap-12">
        <div className="grid content-start gap-3">
          <SubTitle>{t("read_title")}</SubTitle>
          <ul className="grid max-w-[68ch] list-disc gap-2 pl-5">
            {(["scale", "warm", "probability"] as const).map((point) => (
              <li key={point}>{t(`read.${point}`)}</li>
            ))}
          </ul>
        </div>
        <div className="grid content-start gap-3">
          <SubTitle>{t("misread_title")}</SubTitle>
          <ul className="grid max-w-[68ch] list-disc gap-2 pl-5">
            {(["border", "negative", "corner", "truth"] as const).map((point) => (
              <li key={point}>{t(`misread.${point}`)}</li>
            ))}
          </ul>
        </div>
      </div>
      {slides.length > 0 && (
        <>
          <SubTitle>{t("measured_title")}</SubTitle>
          <EvidenceFigures slides={slides} />
        </>
      )}
    </>
  );
}
