import { useView } from "@/components/viewer/use-view";
import { scaleBar } from "@/lib/result/scale-bar";
import type { ViewportStore } from "@/lib/viewer/viewport-store";

const LONGEST_CSS_PIXELS = 140;

interface ScaleBarProps {
  store: ViewportStore;
  micronsPerPixel: number;
  labelOf: (microns: number) => string;
}

/** A scale bar on the tissue, on white so that it is legible. */
export function ScaleBar({ store, micronsPerPixel, labelOf }: ScaleBarProps) {
  const view = useView(store);
  if (!view) {
    return null;
  }
  const { length, microns } = scaleBar(view.scale / micronsPerPixel, LONGEST_CSS_PIXELS);
  return (
    <div
      data-testid="scale-bar"
      className="pointer-events-none absolute print:hidden bottom-3 left-3 grid gap-1 rounded-sm bg-[rgb(255_255_255/0.92)] px-2 pt-1 pb-2 font-medium text-[#17161d] text-xs"
    >
      <span>{labelOf(microns)}</span>
      <span
        className="h-1.5 border-current border-x border-b-2"
        style={{ width: `${length}px` }}
        data-length
      />
    </div>
  );
}
