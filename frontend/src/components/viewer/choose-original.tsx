import { useTranslations } from "next-intl";
import { type ChangeEvent, useState } from "react";
import { useAccept } from "@/hooks/use-accept";
import type { PredictionResult } from "@/lib/api/schema";
import { sha256 } from "@/lib/result/picture";

interface ChooseOriginalProps {
  result: PredictionResult;
  onChoose: (file: Blob) => void;
}

/** Shows the image in full from the visitor's own copy, which stays in the browser. */
export function ChooseOriginal({ result, onChoose }: ChooseOriginalProps) {
  const t = useTranslations("result.original");
  const [refusal, setRefusal] = useState<"other" | "unreadable" | null>(null);

  async function check(event: ChangeEvent<HTMLInputElement>) {
    const file = event.target.files?.[0];
    if (file) {
      const digest = await sha256(file).catch(() => null);
      if (digest === result.image.sha256) {
        onChoose(file);
      }
      setRefusal(digest === null ? "unreadable" : digest === result.image.sha256 ? null : "other");
    }
  }

  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-t p-3 text-sm print:hidden">
      <p className="min-w-0 flex-1 basis-64 text-muted">{t("small")}</p>
      <label className="inline-flex min-h-8 items-center rounded-md border border-edge px-3 py-1 font-medium hover:bg-raised has-focus-visible:outline-2 has-focus-visible:outline-accent has-focus-visible:outline-offset-2">
        <input type="file" accept={useAccept()} onChange={check} className="sr-only" />
        {t("choose")}
      </label>
      <p role="status" className="basis-full text-malignant empty:hidden">
        {refusal && t(refusal)}
      </p>
    </div>
  );
}
