import { useTranslations } from "next-intl";
import { Problem } from "@/components/shared/problem";
import { Button } from "@/components/ui/button";
import { ChooseOriginal } from "@/components/viewer/choose-original";
import type { Picture } from "@/components/viewer/use-picture";
import type { PredictionResult } from "@/lib/api/schema";

interface SmallCopyProps {
  result: PredictionResult;
  picture: Picture;
}

/** States that the picture is smaller than the image, with ways to show the original. */
export function SmallCopy({ result, picture }: SmallCopyProps) {
  return picture.isUndrawable ? (
    <Undrawable preview={picture.preview} />
  ) : (
    <ChooseOriginal result={result} onChoose={picture.show} />
  );
}

/** An image that this browser cannot draw; the service can, if the visitor sends it. */
function Undrawable({ preview }: Pick<Picture, "preview">) {
  const t = useTranslations("result.original");
  const { picture, error, isLoading, ask, retry } = preview;
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-t p-3 text-sm print:hidden">
      <p role="status" className="min-w-0 flex-1 basis-64 text-muted">
        {t(picture ? "preview" : isLoading ? "drawing" : "undrawable")}
      </p>
      {!picture && !isLoading && error === null && (
        <Button variant="outline" size="sm" onClick={ask}>
          {t("ask_preview")}
        </Button>
      )}
      {error !== null && <Problem error={error} onRetry={retry} />}
    </div>
  );
}
