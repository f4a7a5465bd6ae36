import type { HistoryItem } from "@/lib/api/schema";
import { cn } from "@/lib/class-names";
import { thumbnailPath } from "@/lib/result/picture";

const LARGEST_PIXELS = 256;

interface ThumbnailProps {
  item: HistoryItem;
  alt: string;
  className?: string;
}

/** A record's thumbnail in its own proportions; a patch without interpolation. */
export function Thumbnail({ item, alt, className }: ThumbnailProps) {
  const { width, height } = item.image;
  const scale = Math.min(1, LARGEST_PIXELS / Math.max(width, height));
  return (
    // biome-ignore lint/performance/noImgElement: it is small already, and nobody else's to cache
    <img
      src={thumbnailPath(item.id)}
      alt={alt}
      width={Math.max(1, Math.round(width * scale))}
      height={Math.max(1, Math.round(height * scale))}
      loading="lazy"
      decoding="async"
      className={cn("bg-stage object-contain", item.kind === "patch" && "pixelated", className)}
    />
  );
}
