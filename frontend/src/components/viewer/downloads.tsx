"use client";

import { Download, Printer } from "lucide-react";
import { useFormatter, useTranslations } from "next-intl";
import { Button, DownloadLink } from "@/components/ui/button";
import type { Choice } from "@/components/viewer/use-scene";
import { apiPath } from "@/lib/api/client";
import type { PredictionResult } from "@/lib/api/schema";
import type { Scene } from "@/lib/result/paint";
import { saveFile } from "@/lib/save-file";

interface DownloadsProps {
  result: PredictionResult;
  /** What is drawn now; null before it is. */
  scene: Scene | null;
  choice: Choice;
}

/** What the API writes of a saved result. */
const FORMATS = [
  { suffix: "geojson", name: "GeoJSON" },
  { suffix: "json", name: "JSON" },
  { suffix: "csv", name: "CSV" },
] as const;

/** Ways to download and print the result. */
export function Downloads({ result, scene, choice }: DownloadsProps) {
  const t = useTranslations("result.download");
  const legend = useTranslations("result.legend");
  const caption = useCaption(result);

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
      {result.saved ? <SavedFiles id={result.id} /> : <PageFile result={result} />}
      <Button variant="outline" size="sm" title={t("print_hint")} onClick={() => window.print()}>
        <Printer aria-hidden="true" />
        {t("print")}
      </Button>
      {!result.saved && <p className="w-full text-muted text-sm">{t("not_saved")}</p>}
    </section>
  );
}

/** The API's own files. */
function SavedFiles({ id }: Pick<PredictionResult, "id">) {
  const t = useTranslations("result.download");
  return FORMATS.map(({ suffix, name }) => (
    <DownloadLink
      key={suffix}
      variant="outline"
      size="sm"
      title={t(suffix)}
      href={apiPath(`/history/${id}/export.${suffix}`)}
    >
      <Download aria-hidden="true" />
      {name}
    </DownloadLink>
  ));
}

/** All that this page can write of a result that the API has not saved. */
function PageFile({ result }: Pick<DownloadsProps, "result">) {
  const t = useTranslations("result.download");

  async function saveJson() {
    const { fileName, resultJson } = await import("@/lib/result/exports");
    const content = new Blob([resultJson(result)], { type: "application/json" });
    saveFile(content, fileName(result.id, "json"));
  }

  return <DownloadButton name="JSON" title={t("json")} onClick={saveJson} />;
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
