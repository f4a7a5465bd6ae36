import { Maximize, Minus, Plus } from "lucide-react";
import { useTranslations } from "next-intl";
import { Button } from "@/components/ui/button";
import { type Viewport, ZOOM_STEP } from "@/components/viewer/use-viewport";

/** Zoom without a wheel. */
export function ZoomButtons({ viewport }: { viewport: Viewport }) {
  const t = useTranslations("result.viewer");
  const actions = [
    { name: t("zoom_in"), Icon: Plus, act: () => viewport.zoom(ZOOM_STEP) },
    { name: t("zoom_out"), Icon: Minus, act: () => viewport.zoom(1 / ZOOM_STEP) },
    { name: t("fit"), Icon: Maximize, act: viewport.reset },
  ];
  return (
    <div className="absolute top-3 right-3 grid divide-y overflow-hidden rounded-md border border-edge bg-surface print:hidden">
      {actions.map(({ name, Icon, act }) => (
        <Button
          key={name}
          variant="ghost"
          size="icon"
          aria-label={name}
          title={name}
          onClick={act}
          className="size-9 rounded-none focus-visible:-outline-offset-2"
        >
          <Icon aria-hidden="true" />
        </Button>
      ))}
    </div>
  );
}
