import { useEffect, useRef } from "react";
import type { Focus } from "@/lib/api/schema";
import { boundsOf } from "@/lib/result/foci";
import type { Size } from "@/lib/result/geometry";

const SIDE = 48;
// Of the focus's longer side: tissue around it.
const MARGIN = 0.2;

interface FocusThumbnailProps {
  focus: Focus;
  image: Size;
  picture: HTMLImageElement | null;
}

/** A focus cut out of the picture. */
export function FocusThumbnail({ focus, image, picture }: FocusThumbnailProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (context && picture) {
      const ratio = window.devicePixelRatio;
      context.canvas.width = SIDE * ratio;
      context.canvas.height = SIDE * ratio;
      paint(context, focus, image, picture);
    }
  }, [focus, image, picture]);
  return <canvas ref={canvas} className="size-12 shrink-0 rounded-sm border bg-stage" />;
}

function paint(
  context: CanvasRenderingContext2D,
  focus: Focus,
  image: Size,
  picture: HTMLImageElement,
): void {
  const { x, y, width, height } = boundsOf(focus);
  const side = Math.max(width, height) * (1 + 2 * MARGIN);
  const scale = context.canvas.width / side;
  context.setTransform(
    scale,
    0,
    0,
    scale,
    scale * (side / 2 - x - width / 2),
    scale * (side / 2 - y - height / 2),
  );
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, image.width, image.height);
}
