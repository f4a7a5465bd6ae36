"use client";

import { useTranslations } from "next-intl";
import type { ComponentProps } from "react";

export interface Sample {
  name: "crowded" | "loose" | "region";
  address: string;
  /** Attributes of the small picture. */
  picture: Pick<ComponentProps<"img">, "src" | "srcSet" | "width" | "height">;
}

interface SamplesProps {
  samples: readonly Sample[];
  onChoose: (sample: Sample) => void;
}

/** Drawings to try the service with. */
export function Samples({ samples, onChoose }: SamplesProps) {
  const t = useTranslations("upload.samples");
  return (
    <section aria-labelledby="samples" className="grid gap-3">
      <div>
        <h2 id="samples" className="font-medium">
          {t("title")}
        </h2>
        <p className="text-muted text-sm">{t("text")}</p>
      </div>
      <ul className="grid grid-cols-[repeat(auto-fit,minmax(15rem,1fr))] gap-2">
        {samples.map((sample) => (
          <li key={sample.name}>
            <button
              type="button"
              onClick={() => onChoose(sample)}
              className="flex w-full items-center gap-3 rounded-md border bg-surface p-2 text-left hover:border-edge hover:bg-raised"
            >
              {/* biome-ignore lint/performance/noImgElement: its attributes come from next/image */}
              <img
                {...sample.picture}
                alt=""
                className="pixelated size-14 rounded-sm object-cover"
              />
              <span>
                <span className="block font-medium text-sm">{t(`${sample.name}.name`)}</span>
                <span className="block text-muted text-xs">{t(`${sample.name}.size`)}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
