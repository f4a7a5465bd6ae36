"use client";

import dynamic from "next/dynamic";
import { type ComponentProps, type ReactNode, useEffect, useRef, useState } from "react";
import { useTouched } from "@/hooks/use-touched";
import type { PredictionResult } from "@/lib/api/schema";
import { EarlyGestures } from "@/lib/viewer/early-gestures";

// A class of OpenSeadragon.
const CANVAS = "openseadragon-canvas";

const PICTURE = "absolute inset-0 size-full object-contain";

const ExampleViewer = dynamic(
  () =>
    import("@/components/example/example-viewer")
      .then(({ ExampleViewer }) => ExampleViewer)
      // Without the viewer, the still picture remains.
      .catch(() => () => null),
  { ssr: false },
);

/** Attributes of a sharper copy, which is still smaller than the image itself. */
export type FirstPicture = Pick<ComponentProps<"img">, "src" | "srcSet">;

interface ExamplePictureProps {
  result: PredictionResult;
  /** Of the image itself. */
  address: string;
  /** A small copy within the page, for the first paint. */
  still: string;
  first: FirstPicture;
  alt: string;
  /** The model's findings, drawn over the picture. */
  children: ReactNode;
}

/** The example's image, replaced by a viewer at the visitor's first interaction. */
export function ExamplePicture({
  result,
  address,
  still,
  first,
  alt,
  children,
}: ExamplePictureProps) {
  const isTouched = useTouched();
  const place = useRef<HTMLDivElement>(null);
  const [gestures] = useState(() => new EarlyGestures());
  useEffect(() => (place.current ? gestures.note(place.current, isHeard) : undefined), [gestures]);
  return (
    <div
      ref={place}
      className="relative aspect-3/2 flex-1 touch-pan-y bg-stage @4xl:aspect-auto @4xl:min-h-96"
    >
      {/* biome-ignore lint/performance/noImgElement: it is part of the page */}
      <img src={still} alt="" className={PICTURE} />
      {/* biome-ignore lint/performance/noImgElement: its attributes come from next/image */}
      <img {...first} alt={alt} className={`pixelated ${PICTURE}`} />
      {children}
      {isTouched && (
        <div className="absolute inset-0 grid opacity-0 transition-opacity has-data-[drawn=true]:opacity-100">
          <ExampleViewer
            result={result}
            address={address}
            onOpen={() => repeatIn(place.current, gestures)}
          />
        </div>
      )}
    </div>
  );
}

function repeatIn(place: HTMLElement | null, gestures: EarlyGestures): void {
  const canvas = place?.querySelector(`.${CANVAS}`);
  if (canvas) {
    gestures.repeat(canvas);
  }
}

/** Whether a viewer handles the gestures there. */
function isHeard(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(`.${CANVAS}`) !== null;
}
