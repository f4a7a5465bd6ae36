import type { RefObject } from "react";
import { useView } from "@/components/viewer/use-view";
import { cn } from "@/lib/class-names";
import type { Size } from "@/lib/result/geometry";
import type { ViewportStore } from "@/lib/viewer/viewport-store";

// The longer side, in CSS pixels.
const SIDE = 132;

interface MinimapProps {
  ref: RefObject<HTMLDivElement | null>;
  store: ViewportStore;
  image: Size;
}

/**
 * The whole image, small, with the visible part marked; shown while only a part is visible. It is
 * for the mouse: the arrow keys do the same.
 */
export function Minimap({ ref, store, image }: MinimapProps) {
  useView(store);
  const scale = SIDE / Math.max(image.width, image.height);
  return (
    <div
      aria-hidden="true"
      data-testid="minimap"
      className={cn(
        "absolute right-3 bottom-3 overflow-hidden rounded-sm border border-edge bg-stage shadow-sm transition-opacity max-sm:scale-75 max-sm:origin-bottom-right print:hidden",
        store.isFitted() && "pointer-events-none opacity-0",
      )}
      style={{ width: image.width * scale, height: image.height * scale }}
    >
      <div ref={ref} className="size-full" />
    </div>
  );
}
