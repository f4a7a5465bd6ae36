"use client";

import dynamic from "next/dynamic";
import type { ComponentProps } from "react";
import { useIdle } from "@/hooks/use-idle";
import type { PredictionResult } from "@/lib/api/schema";

const ExampleViewer = dynamic(
  () =>
    import("@/components/example/example-viewer")
      .then(({ ExampleViewer }) => ExampleViewer)
      // The picture stays as it is.
      .catch(() => () => null),
  { ssr: false },
);

/** Attributes of the picture that the page comes with, which may be a smaller copy. */
export type FirstPicture = Pick<ComponentProps<"img">, "src" | "srcSet">;

interface ExamplePictureProps {
  result: PredictionResult;
  /** Of the image itself. */
  address: string;
  first: FirstPicture;
  alt: string;
}

/** The example's image, and in its place a viewer as soon as the page has nothing else to do. */
export function ExamplePicture({ result, address, first, alt }: ExamplePictureProps) {
  const isIdle = useIdle();
  return (
    <div className="relative aspect-3/2 flex-1 bg-stage @4xl:aspect-auto @4xl:min-h-96">
      {/* biome-ignore lint/performance/noImgElement: its attributes come from next/image */}
      <img
        {...first}
        alt={alt}
        fetchPriority="high"
        className="pixelated absolute inset-0 size-full object-contain"
      />
      {isIdle && (
        <div className="absolute inset-0 grid opacity-0 transition-opacity has-data-[drawn=true]:opacity-100">
          <ExampleViewer result={result} address={address} />
        </div>
      )}
    </div>
  );
}
