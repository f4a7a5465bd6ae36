"use client";

import { useEffect, useEffectEvent } from "react";
import { useThreshold } from "@/components/threshold/use-threshold";
import { Stage } from "@/components/viewer/stage";
import { useLoadedImage } from "@/components/viewer/use-loaded-image";
import type { Choice } from "@/components/viewer/use-scene";
import { useViewerParts } from "@/components/viewer/use-viewer-parts";
import type { PredictionResult } from "@/lib/api/schema";
import type { Polygon } from "@/lib/result/annotations";

const CHOICE: Choice = { view: "overlay", layer: "tiles", opacity: 1, hasOutline: true };
const NONE: readonly Polygon[] = [];

interface ExampleViewerProps {
  result: PredictionResult;
  /** Of the image. */
  address: string;
  /** Called once it follows gestures. */
  onOpen: () => void;
}

/** The viewer's stage without controls. */
export function ExampleViewer({ result, address, onOpen }: ExampleViewerProps) {
  const { rule } = useThreshold(result);
  const picture = { source: address, file: null, ...useLoadedImage() };
  const { stage } = useViewerParts({ result, picture, rule, choice: CHOICE, annotations: NONE });
  const isOpen = stage.scene !== null;
  const tell = useEffectEvent(onOpen);
  useEffect(() => {
    if (isOpen) {
      tell();
    }
  }, [isOpen]);
  return (
    <div ref={stage.screen.ref} className="flex min-h-0 flex-col bg-surface">
      <Stage {...{ ...stage, picture }} selected={null} isSideBySide={false} isFilling />
    </div>
  );
}
