import {
  Expand,
  FlipHorizontal2,
  type LucideIcon,
  Maximize,
  Minus,
  Plus,
  RotateCw,
  Ruler as RulerIcon,
  Shrink,
} from "lucide-react";
import { useTranslations } from "next-intl";
import { Button } from "@/components/ui/button";
import type { Ruler } from "@/components/viewer/use-ruler";
import type { ViewportStore } from "@/lib/viewer/viewport-store";

/** One press of a zoom button or key. */
export const ZOOM_STEP = 1.5;
export const TURN_DEGREES = 90;

interface ToolButtonsProps {
  store: ViewportStore;
  ruler: Ruler;
  isFull: boolean;
  /** Null if the browser has no full screen. */
  onFull: (() => void) | null;
}

interface Action {
  name: string;
  key: string;
  Icon: LucideIcon;
  act: () => void;
  /** State of a toggle button. */
  isPressed?: boolean;
}

/** Buttons for the viewer's functions. */
export function ToolButtons({ store, ruler, isFull, onFull }: ToolButtonsProps) {
  const t = useTranslations("result.viewer");
  const actions: readonly Action[] = [
    { name: t("zoom_in"), key: "+", Icon: Plus, act: () => store.zoom(ZOOM_STEP) },
    { name: t("zoom_out"), key: "-", Icon: Minus, act: () => store.zoom(1 / ZOOM_STEP) },
    { name: t("fit"), key: "0", Icon: Maximize, act: () => store.home() },
    { name: t("rotate"), key: "r", Icon: RotateCw, act: () => store.rotate(TURN_DEGREES) },
    { name: t("flip"), key: "m", Icon: FlipHorizontal2, act: () => store.flip() },
    { name: t("ruler"), key: "l", Icon: RulerIcon, act: ruler.toggle, isPressed: ruler.isOn },
    ...(onFull
      ? [
          {
            name: t(isFull ? "leave_full_screen" : "full_screen"),
            key: "f",
            Icon: isFull ? Shrink : Expand,
            act: onFull,
          },
        ]
      : []),
  ];
  return (
    <div className="absolute top-2 right-2 flex divide-x overflow-hidden rounded-md border border-edge bg-surface sm:top-3 sm:right-3 sm:flex-col sm:divide-x-0 sm:divide-y print:hidden">
      {actions.map(({ name, key, Icon, act, isPressed }) => (
        <Button
          key={key}
          variant="ghost"
          size="bare"
          aria-label={name}
          aria-keyshortcuts={key}
          title={`${name} (${key})`}
          aria-pressed={isPressed}
          onClick={act}
          className="size-9 rounded-none focus-visible:-outline-offset-2 aria-pressed:bg-accent-soft aria-pressed:text-accent-strong"
        >
          <Icon aria-hidden="true" />
        </Button>
      ))}
    </div>
  );
}
