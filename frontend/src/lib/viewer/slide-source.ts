import { whiteCanvas } from "@/lib/result/canvas";
import type { LocalSlide } from "@/lib/slide/local-slide";
import type { PictureSource } from "@/lib/viewer/picture-source";

let made = 0;

/** A slide on the visitor's disk as a source of tiles. */
export function slideSource(slide: LocalSlide): PictureSource {
  made += 1;
  const { width, height } = slide.facts;
  return {
    id: `slide-${made}`,
    size: { width, height },
    isExact: true,
    tile: async (request) => {
      const bitmap = await slide.view(request);
      const context = whiteCanvas(bitmap.width, bitmap.height);
      context.drawImage(bitmap, 0, 0);
      bitmap.close();
      return context;
    },
  };
}
