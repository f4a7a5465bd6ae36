"use client";

import { useMutation } from "@tanstack/react-query";
import { Download, Printer } from "lucide-react";
import { useFormatter, useTranslations } from "next-intl";
import { Problem } from "@/components/shared/problem";
import { Button } from "@/components/ui/button";
import { useLineText } from "@/components/viewer/use-line-text";
import type { Choice } from "@/components/viewer/use-scene";
import { useFigureText } from "@/hooks/use-figure-text";
import { useResultNames } from "@/hooks/use-result-names";
import { askFile } from "@/lib/api/client";
import type { PredictionResult } from "@/lib/api/schema";
import { exportRequest, FORMATS, fileName } from "@/lib/result/export-file";
import type { Scene } from "@/lib/result/paint";
import { isWithheldForSlide } from "@/lib/result/whole-slide";
import { saveFile } from "@/lib/save-file";
import type { Rule } from "@/lib/threshold/threshold";

interface DownloadsProps {
  result: PredictionResult;
  /** The current drawing; null before there is one. */
  scene: Scene | null;
  choice: Choice;
  /** Threshold by which tiles are drawn. */
  rule: Rule;
}

interface NamedFile {
  content: Blob;
  name: string;
}

/** Ways to download and print the result. */
export function Downloads({ result, scene, choice, rule }: DownloadsProps) {
  const t = useTranslations("result.download");
  const picture = usePngOf(result, choice, rule);
  const download = useMutation({
    mutationFn: (make: () => Promise<NamedFile>) => make(),
    onSuccess: ({ content, name }) => saveFile(content, name),
  });
  const button = (name: string, title: string, make: (() => Promise<NamedFile>) | null) => (
    <DownloadButton
      key={name}
      name={name}
      title={title}
      disabled={download.isPending}
      onClick={() => make && download.mutate(make)}
    />
  );

  return (
    <section aria-label={t("label")} className="flex flex-wrap gap-2 print:hidden">
      {button("PNG", t("png"), scene && (() => picture(scene)))}
      {FORMATS.map(({ suffix, name }) =>
        button(name, t(suffix), async () => ({
          content: await askFile(...exportRequest(result, suffix)),
          name: fileName(result.id, suffix),
        })),
      )}
      <Button variant="outline" size="sm" title={t("print_hint")} onClick={() => window.print()}>
        <Printer aria-hidden="true" />
        {t("print")}
      </Button>
      {download.isError && (
        <div className="w-full">
          <Problem error={download.error} />
        </div>
      )}
    </section>
  );
}

/** Makes the picture as currently shown. */
function usePngOf(
  result: PredictionResult,
  choice: Choice,
  rule: Rule,
): (scene: Scene) => Promise<NamedFile> {
  const legend = useTranslations("result.legend");
  const lineText = useLineText();
  const caption = useCaption(result, rule);
  return async (scene) => {
    const { resultPng } = await import("@/lib/result/png");
    const measure = choice.layer === "grid" ? "evidence" : choice.layer;
    const lines = result.region && choice.hasOutline ? [lineText(rule)] : [];
    const sheet = {
      caption: [...lines, ...caption],
      measure,
      title: legend(measure),
      threshold: rule.threshold,
    };
    const content = await resultPng(scene, sheet, choice.view === "side");
    return { content, name: fileName(result.id, "png") };
  };
}

interface DownloadButtonProps {
  name: string;
  title: string;
  disabled: boolean;
  onClick: () => void;
}

function DownloadButton({ name, ...props }: DownloadButtonProps) {
  return (
    <Button variant="outline" size="sm" {...props}>
      <Download aria-hidden="true" />
      {name}
    </Button>
  );
}

/** The caption that a picture needs outside the page. */
function useCaption(result: PredictionResult, rule: Rule): readonly string[] {
  const t = useTranslations("result");
  const common = useTranslations("common");
  const format = useFormatter();
  const figures = useFigureText();
  const names = useResultNames();
  const { verdict, probability, threshold, model, reasons } = result;
  const titles = format.list(reasons.map((code) => common(`warning.${code}.title`)));
  return [
    t("download.verdict", {
      verdict: names.verdict(result),
      isVerdict: verdict === "not_assessable" ? "no" : "yes",
      reasons: isWithheldForSlide(result) ? "none" : titles || "none",
      probability: figures.probability(probability),
      threshold: figures.probability(threshold),
    }),
    ...(rule.threshold === threshold
      ? []
      : [t("download.moved", { threshold: figures.probability(rule.threshold) })]),
    `${model.name} ${model.revision} · ${result.id}`,
    common("research_use"),
  ];
}
