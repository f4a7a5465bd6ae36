"use client";

import { Download, Printer } from "lucide-react";
import { useFormatter, useTranslations } from "next-intl";
import { Button } from "@/components/ui/button";
import type { Choice } from "@/components/viewer/use-scene";
import type { PredictionResult } from "@/lib/api/schema";
import type { Scene } from "@/lib/result/paint";
import { saveFile } from "@/lib/save-file";

interface DownloadsProps {
  result: PredictionResult;
  /** What is drawn now; null before it is. */
  scene: Scene | null;
  choice: Choice;
}

const TEXTS = {
  GeoJSON: { extension: "geojson", type: "application/geo+json", write: "resultGeoJson" },
  JSON: { extension: "json", type: "application/json", write: "resultJson" },
  CSV: { extension: "csv", type: "text/csv", write: "resultCsv" },
} as const;

/** Ways to take the result along. */
export function Downloads({ result, scene, choice }: DownloadsProps) {
  const t = useTranslations("result.download");
  const legend = useTranslations("result.legend");
  const caption = useCaption(result);

  async function saveText(format: keyof typeof TEXTS) {
    const { extension, type, write } = TEXTS[format];
    const files = await import("@/lib/result/exports");
    const content = new Blob([files[write](result)], { type });
    saveFile(content, files.fileName(result.id, extension));
  }

  async function savePicture(drawn: Scene) {
    const [{ resultPng }, { fileName }] = await Promise.all([
      import("@/lib/result/png"),
      import("@/lib/result/exports"),
    ]);
    const measure = choice.mode === "grid" ? "evidence" : choice.measure;
    const sheet = { caption, measure, title: legend(measure), threshold: result.threshold };
    saveFile(await resultPng(drawn, sheet, choice.mode === "side"), fileName(result.id, "png"));
  }

  return (
    <section aria-label={t("label")} className="flex flex-wrap gap-2 print:hidden">
      <DownloadButton name="PNG" title={t("png")} onClick={() => scene && savePicture(scene)} />
      <DownloadButton name="GeoJSON" title={t("geojson")} onClick={() => saveText("GeoJSON")} />
      <DownloadButton name="JSON" title={t("json")} onClick={() => saveText("JSON")} />
      <DownloadButton name="CSV" title={t("csv")} onClick={() => saveText("CSV")} />
      <Button variant="outline" size="sm" title={t("print_hint")} onClick={() => window.print()}>
        <Printer aria-hidden="true" />
        {t("print")}
      </Button>
    </section>
  );
}

interface DownloadButtonProps {
  name: string;
  title: string;
  onClick: () => void;
}

function DownloadButton({ name, title, onClick }: DownloadButtonProps) {
  return (
    <Button variant="outline" size="sm" title={title} onClick={onClick}>
      <Download aria-hidden="true" />
      {name}
    </Button>
  );
}

/** What a picture must say of itself when it is on its own. */
function useCaption(result: PredictionResult): readonly string[] {
  const t = useTranslations("result");
  const common = useTranslations("common");
  const format = useFormatter();
  const figure = (value: number) => format.number(value, { maximumFractionDigits: 3 });
  const { verdict, probability, threshold, model } = result;
  return [
    t("download.verdict", {
      verdict: common(`verdict.${verdict}`),
      probability: figure(probability),
      threshold: figure(threshold),
    }),
    `${model.name} ${model.revision} · ${result.id}`,
    common("research_use"),
  ];
}
