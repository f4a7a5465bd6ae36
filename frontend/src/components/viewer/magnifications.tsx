import { useFormatter, useTranslations } from "next-intl";
import { useView } from "@/components/viewer/use-view";
import { cn } from "@/lib/class-names";
import { MAGNIFICATIONS, magnificationOf, scaleOfMagnification } from "@/lib/result/magnification";
import type { ViewportStore } from "@/lib/viewer/viewport-store";

// Tolerance of the magnification: a button is selected if the displayed numbers are equal.
const TOLERANCE = 0.005;

interface MagnificationsProps {
  store: ViewportStore;
  micronsPerPixel: number;
}

/** A microscope's magnifications, true to scale, and the current one. */
export function Magnifications({ store, micronsPerPixel }: MagnificationsProps) {
  const t = useTranslations("result.viewer");
  const format = useFormatter();
  const view = useView(store);
  const current = view && magnificationOf(view.scale, micronsPerPixel);
  const text = (value: number, options = {}) =>
    t("magnification", { value: format.number(value, options) });
  return (
    <div className="flex min-w-0 items-center gap-2 text-sm print:hidden">
      <p className="grid w-20 shrink-0 text-right">
        <span className="text-muted text-xs">{t("magnifications")}</span>
        <span
          className="font-medium leading-tight"
          data-testid="magnification"
          title={current === null ? undefined : text(current, { maximumSignificantDigits: 3 })}
        >
          {current === null ? "–" : text(current, { maximumFractionDigits: current < 2 ? 2 : 1 })}
        </span>
      </p>
      <fieldset className="flex min-w-0 divide-x overflow-x-auto rounded-md border border-edge bg-surface">
        <legend className="sr-only">{t("magnifications")}</legend>
        {MAGNIFICATIONS.map((value) => {
          const isCurrent = current !== null && Math.abs(current / value - 1) < TOLERANCE;
          return (
            <button
              key={value}
              type="button"
              aria-pressed={isCurrent}
              onClick={() => store.zoomTo(scaleOfMagnification(value, micronsPerPixel))}
              className={cn(
                "min-h-8 px-2 text-xs focus-visible:-outline-offset-2",
                isCurrent ? "bg-accent-soft text-accent-strong" : "hover:bg-raised",
              )}
            >
              {text(value)}
            </button>
          );
        })}
      </fieldset>
    </div>
  );
}
