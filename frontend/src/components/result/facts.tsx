import { useFormatter, useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { Moment } from "@/components/shared/moment";
import { useFigureText } from "@/hooks/use-figure-text";
import { useFileNames } from "@/hooks/use-file-names";
import { useResultNames } from "@/hooks/use-result-names";
import { useScaleSource } from "@/hooks/use-scale-source";
import { hasRecord } from "@/lib/api/has-record";
import type { ImageFacts, PredictionResult } from "@/lib/api/schema";
import { imageScale } from "@/lib/result/geometry";

/** The image, the model and the time of a result. */
export function Facts({ result }: { result: PredictionResult }) {
  const t = useTranslations("result.facts");
  const common = useTranslations("common");
  const names = useResultNames();
  const fileNames = useFileNames();
  const { duration } = useFigureText();
  const { image, model, timing_ms: timing } = result;
  return (
    <section>
      <h2 className="font-semibold text-base">{t("title")}</h2>
      <dl className="mt-2 divide-y border-y text-sm print:grid print:grid-cols-2 print:gap-x-8 print:divide-y-0">
        <Fact name={t("kind")}>{names.kind(result)}</Fact>
        <ImageRows image={image} fileName={fileNames[result.id]} />
        <Fact name={t("model")}>
          {model.name}
          <Small>{model.revision}</Small>
        </Fact>
        <Fact name={t("moment")}>
          <Moment time={result.created_at} />
        </Fact>
        <Fact name={t("duration")}>
          {duration(timing.total)}
          {result.cached && <Small>{t("cached")}</Small>}
        </Fact>
        <Fact name={t("history")}>
          {hasRecord(result) && !result.saved
            ? common("warning.save_delayed.title")
            : t(result.saved ? "saved" : "not_saved")}
        </Fact>
        <Fact name={t("sha256")}>
          <span title={image.sha256}>{`${image.sha256.slice(0, 16)}…`}</span>
        </Fact>
      </dl>
    </section>
  );
}

/** Size of the image in pixels and on the slide. */
function ImageRows({ image, fileName }: { image: ImageFacts; fileName: string | undefined }) {
  const t = useTranslations("result.facts");
  const sourceOf = useScaleSource();
  const format = useFormatter();
  const [across, down] = imageScale(image);
  const side = (pixels: number, scale: number) =>
    format.number((pixels * scale) / 1000, { maximumFractionDigits: 3 });
  return (
    <>
      <Fact name={t("size")}>
        {t("pixels", { width: image.width, height: image.height })}
        <Small>
          {image.scale_source === "assumed"
            ? t("size_unknown")
            : t("millimetres", {
                width: side(image.width, across),
                height: side(image.height, down),
              })}
        </Small>
      </Fact>
      <Fact name={t("scale")}>
        {t("microns_per_pixel", {
          scale: format.number(image.microns_per_pixel, { maximumSignificantDigits: 4 }),
        })}
        <Small>{sourceOf(image, fileName)}</Small>
      </Fact>
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex flex-wrap justify-between gap-x-4 py-1.5 print:py-0.5">
      <dt className="text-muted">{name}</dt>
      <dd className="ml-auto text-right">{children}</dd>
    </div>
  );
}

function Small({ children }: { children: ReactNode }) {
  return (
    <span className="text-muted">
      {" · "}
      {children}
    </span>
  );
}
