import { useTranslations } from "next-intl";
import { type ChangeEvent, useId, useState } from "react";
import type { PredictionResult } from "@/lib/api/schema";
import { sha256 } from "@/lib/result/picture";

interface ChooseOriginalProps {
  result: PredictionResult;
  onChoose: (file: Blob) => void;
}

/** Shows the image in full from the visitor's own copy, which stays in the browser. */
export function ChooseOriginal({ result, onChoose }: ChooseOriginalProps) {
  const t = useTranslations("result.original");
  const id = useId();
  const [isOther, setIsOther] = useState(false);

  async function check(event: ChangeEvent<HTMLInputElement>) {
    const file = event.target.files?.[0];
    if (file) {
      const isSame = (await sha256(file)) === result.image.sha256;
      setIsOther(!isSame);
      if (isSame) {
        onChoose(file);
      }
    }
  }

  return (
    <div className="grid gap-1 border-t px-3 py-3 text-sm print:hidden">
      <p className="text-muted">{t("small")}</p>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <label htmlFor={id} className="font-medium">
          {t("choose")}
        </label>
        <input
          id={id}
          type="file"
          accept="image/*"
          onChange={check}
          className="max-w-full text-muted file:mr-3 file:min-h-8 file:cursor-pointer file:rounded-md file:border file:border-edge file:border-solid file:bg-surface file:px-3 file:text-ink"
        />
      </div>
      <p role="status" className="text-malignant empty:hidden">
        {isOther && t("other")}
      </p>
    </div>
  );
}
