"use client";

import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useSyncExternalStore } from "react";
import { Button, ButtonLink } from "@/components/ui/button";
import { useUploads } from "@/components/upload/use-uploads";
import { hasRecord } from "@/lib/api/has-record";
import type { PredictionResult } from "@/lib/api/schema";
import { imageOf, subscribeToImages } from "@/lib/result/session";
import { scaleStep } from "@/lib/result/warnings";

/** Leads from a result without a verdict to an analysis at the image's own scale. */
export function AnalyseAgain({ result }: { result: PredictionResult }) {
  const t = useTranslations("result.verdict");
  const router = useRouter();
  const [, queue] = useUploads();
  const image = useSyncExternalStore(
    subscribeToImages,
    () => imageOf(result.id),
    // The server draws this page too, and has no images.
    () => undefined,
  );

  function analyse(chosen: Blob) {
    const file = chosen instanceof File ? chosen : new File([chosen], result.image.sha256);
    queue.addAskingScale(file, { operatingPoint: result.operating_point, save: hasRecord(result) });
    router.push("/");
  }

  const step = scaleStep(result);
  if (!step) {
    return null;
  }
  return image ? (
    <div className="grid justify-items-start gap-2 print:hidden">
      <Button className="w-full" onClick={() => analyse(image)}>
        {t(step)}
      </Button>
      <p className="text-muted text-xs">{t("again_hint")}</p>
    </div>
  ) : (
    <div className="grid justify-items-start gap-2 print:hidden">
      <p className="text-sm">
        {t(step === "scale_again" ? "again_elsewhere" : "again_elsewhere_other")}
      </p>
      <ButtonLink href="/" variant="outline" size="sm">
        {t("again_link")}
      </ButtonLink>
    </div>
  );
}
