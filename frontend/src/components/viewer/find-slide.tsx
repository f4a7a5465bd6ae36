import { useTranslations } from "next-intl";
import { type ChangeEvent, useEffect, useState } from "react";
import { Button } from "@/components/ui/button";
import { useAccept } from "@/hooks/use-accept";
import type { PredictionResult } from "@/lib/api/schema";
import { rememberName } from "@/lib/result/file-names";
import { slideErrorOf } from "@/lib/slide/error";
import { isHandleKept, keptFile } from "@/lib/slide/handles";
import { LocalSlide } from "@/lib/slide/local-slide";
import { rememberSlide } from "@/lib/slide/opened-slides";

type Found = "checking" | "other" | "unreadable" | null;

/** Opens the slide of a result from the visitor's disk again, and refuses other files. */
export function FindSlide({ result }: { result: PredictionResult }) {
  const t = useTranslations("slide");
  const [found, setFound] = useState<Found>(null);
  const [isKept, setIsKept] = useState(false);
  const accept = useAccept();
  useEffect(() => {
    isHandleKept(result.id).then(setIsKept);
  }, [result.id]);

  async function open(file: File) {
    setFound("checking");
    setFound(await opened(result, file));
  }

  async function openKept() {
    const file = await keptFile(result.id);
    // It may have been moved, or its permission refused: choosing it helps then.
    await (file ? open(file) : setFound("unreadable"));
  }

  function choose({ target }: ChangeEvent<HTMLInputElement>) {
    const [file] = target.files ?? [];
    if (file) {
      open(file);
    }
  }

  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-t p-3 text-sm print:hidden">
      <p className="min-w-0 flex-1 basis-64 text-muted">{t("find.text")}</p>
      {isKept && (
        <Button variant="outline" size="sm" onClick={openKept}>
          {t("find.again")}
        </Button>
      )}
      <label className="inline-flex min-h-8 items-center rounded-md border border-edge px-3 py-1 font-medium hover:bg-raised has-focus-visible:outline-2 has-focus-visible:outline-accent has-focus-visible:outline-offset-2">
        <input type="file" accept={accept} onChange={choose} className="sr-only" />
        {t("find.choose")}
      </label>
      <p role="status" className="basis-full text-malignant empty:hidden">
        {found && t(found === "unreadable" ? "problem.unreadable" : `find.${found}`)}
      </p>
    </div>
  );
}

/** Opens the file if it is the slide of the result; otherwise reports the reason. */
async function opened(result: PredictionResult, file: File): Promise<Found> {
  const { slide: known, image } = result;
  const stated = image.scale_source === "request" ? image.microns_per_pixel : null;
  try {
    const slide = await LocalSlide.open(file, stated);
    if (slide.facts.fingerprint !== known?.fingerprint) {
      slide.close();
      return "other";
    }
    rememberSlide(result.id, slide);
    rememberName(result.id, file.name);
    return null;
  } catch (error) {
    return slideErrorOf(error).problem === "unreadable" ? "unreadable" : "other";
  }
}
