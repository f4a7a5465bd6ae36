"use client";

import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useFormatter, useTranslations } from "next-intl";
import { useMemo } from "react";
import { SlideProblem } from "@/components/local-slide/slide-problem";
import { SlideSending } from "@/components/local-slide/slide-sending";
import { SlideStage } from "@/components/local-slide/slide-stage";
import { useOpenSlide } from "@/components/local-slide/use-open-slide";
import { useSlidePicture } from "@/components/local-slide/use-slide-picture";
import { type Asking, useSlideQuestion } from "@/components/local-slide/use-slide-question";
import { Problem } from "@/components/shared/problem";
import { ProgressLine } from "@/components/shared/progress-line";
import { useThreshold } from "@/components/threshold/use-threshold";
import { Button } from "@/components/ui/button";
import { modelQuery } from "@/lib/api/queries";
import type { PredictionResult } from "@/lib/api/schema";
import type { LocalSlide } from "@/lib/slide/local-slide";
import { provisionalResult } from "@/lib/slide/provisional";
import type { PredictOptions } from "@/lib/upload/settings";

/** Used until the service's model is known. */
const ANY_MODEL = { threshold: 0.5, micronsPerPixel: 4, patchSizePixels: 50 };

interface LocalSlidePanelProps {
  file: File;
  options: PredictOptions;
  onClose: () => void;
}

/** A slide on the visitor's disk: displayed first, and scored when the visitor asks for it. */
export function LocalSlidePanel({ file, options, onClose }: LocalSlidePanelProps) {
  const t = useTranslations("slide");
  const { slide, error } = useOpenSlide(file, options.micronsPerPixel);
  return (
    <section
      aria-label={t("label", { name: file.name })}
      className="@container min-w-0 overflow-hidden rounded-lg border bg-surface"
    >
      <header className="flex items-center gap-3 border-b py-1 pr-1 pl-4">
        <div className="mr-auto min-w-0">
          <h2 className="truncate font-medium text-sm" title={file.name}>
            {file.name}
          </h2>
          <p className="text-muted text-xs">{slide ? <Facts slide={slide} /> : t("stays")}</p>
        </div>
        <Button variant="ghost" size="icon" aria-label={t("close")} onClick={onClose}>
          <X aria-hidden="true" />
        </Button>
      </header>
      {error && <SlideProblem error={error} name={file.name} />}
      {!slide && !error && (
        <div className="p-4">
          <ProgressLine name={file.name} percent={null} text={t("opening")} />
        </div>
      )}
      {slide && <OpenedSlide slide={slide} options={options} />}
    </section>
  );
}

function Facts({ slide }: { slide: LocalSlide }) {
  const t = useTranslations("slide");
  const common = useTranslations("common");
  const format = useFormatter();
  const { width, height, scale, scaleSource } = slide.facts;
  const sides = [...new Set(scale)].map((microns) =>
    format.number(microns, { maximumFractionDigits: 4 }),
  );
  return t("facts", {
    width,
    height,
    microns: sides.join(" × "),
    source: common(`scale_source.${scaleSource}`),
  });
}

function OpenedSlide({ slide, options }: { slide: LocalSlide; options: PredictOptions }) {
  const { data: model, error: modelError, refetch } = useQuery(modelQuery);
  const preparation = useSlidePicture(slide);
  const { asking, ask, cancel } = useSlideQuestion(slide, options);
  const result = useShownResult(slide, asking, options.operatingPoint);
  const threshold = useThreshold(result);
  const { picture, error } = preparation;
  const { micronsPerPixel } = model ?? ANY_MODEL;
  return (
    <>
      <SlideStage
        {...{ slide, result, threshold }}
        picture={picture?.png ?? null}
        state={stateOf(asking)}
      />
      {error && <SlideProblem error={error} name={slide.file.name} />}
      {!model && modelError && (
        <div className="border-t p-4">
          <Problem error={modelError} onRetry={() => refetch()} />
        </div>
      )}
      {!error && (model || !modelError) && (
        <SlideSending
          {...{ slide, preparation, micronsPerPixel, asking }}
          onAsk={ask}
          onCancel={cancel}
        />
      )}
    </>
  );
}

/** The result, or its part so far. */
function useShownResult(
  slide: LocalSlide,
  asking: Asking,
  operatingPoint: string | null,
): PredictionResult {
  const { data: model } = useQuery(modelQuery);
  return useMemo(() => {
    if (asking.phase === "done") {
      return asking.result;
    }
    const { micronsPerPixel, patchSizePixels } = model ?? ANY_MODEL;
    const point = model?.operatingPoints[operatingPoint ?? model.defaultOperatingPoint];
    const threshold = point?.threshold ?? ANY_MODEL.threshold;
    const band: PredictionResult["uncertain_band"] =
      point && point.uncertain_low < point.uncertain_high
        ? [point.uncertain_low, point.uncertain_high]
        : null;
    const analysis = asking.phase === "analysing" ? asking.analysis : null;
    const rule = { threshold, band, micronsPerPixel, patchSizePixels };
    return provisionalResult(slide.facts, analysis, rule);
  }, [slide, asking, model, operatingPoint]);
}

function stateOf(asking: Asking): "none" | "some" | "all" {
  if (asking.phase === "done") {
    return "all";
  }
  return asking.phase === "analysing" && asking.analysis.tissue ? "some" : "none";
}
