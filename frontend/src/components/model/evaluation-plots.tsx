import Image from "next/image";
import { useTranslations } from "next-intl";
import { apiPath } from "@/lib/api/client";
import { drawingsAmong } from "@/lib/model/drawings";

/** The drawings that came with the model, on white as they were made. */
export function EvaluationPlots({ names }: { names: readonly string[] }) {
  const t = useTranslations("model.curves");
  const drawings = drawingsAmong(names);
  return (
    drawings.length > 0 && (
      <div className="grid items-start gap-8 md:grid-cols-2 xl:grid-cols-3">
        {drawings.map(({ kind, width, height }) => (
          <figure key={kind} className="grid gap-3">
            <figcaption className="grid gap-1">
              <span className="font-medium">{t(kind)}</span>
              <span className="text-muted text-sm">{t(`${kind}_text`)}</span>
            </figcaption>
            <Image
              src={apiPath(`/model/evaluation/${kind}`)}
              alt={t(`${kind}_alt`)}
              width={width}
              height={height}
              unoptimized
              className="h-auto w-full max-w-[30rem] border bg-[white] p-2"
            />
          </figure>
        ))}
      </div>
    )
  );
}
