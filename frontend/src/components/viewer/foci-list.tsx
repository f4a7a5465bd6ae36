import { ChevronLeft, ChevronRight } from "lucide-react";
import { useTranslations } from "next-intl";
import { type ReactNode, useEffect, useRef } from "react";
import { Button } from "@/components/ui/button";
import { FocusThumbnail } from "@/components/viewer/focus-thumbnail";
import type { Foci } from "@/components/viewer/use-foci";
import { useFocusText } from "@/components/viewer/use-focus-text";
import type { Focus } from "@/lib/api/schema";
import { cn } from "@/lib/class-names";
import type { Size } from "@/lib/result/geometry";

// More than anybody would look through; the table and the files have all.
const MOST_SHOWN = 60;
// Two rows, to leave room on the page.
const MOST_PRINTED = 10;

interface FociListProps {
  foci: Foci;
  image: Size;
  picture: HTMLImageElement | null;
  /** While tiles arrive: areas are not shown, because they will change. */
  isPreliminary?: boolean;
}

/** The foci as a list, beside the image or in a row below it, and ways from one to the next. */
export function FociList({ foci, isPreliminary = false, ...cut }: FociListProps) {
  const t = useTranslations("result.foci");
  const { foci: found, current, place, fly, step } = foci;
  const title = isPreliminary ? "title_preliminary" : "title";
  return (
    <section
      aria-label={t("label")}
      className="relative flex min-w-0 flex-col border-t @3xl:border-t-0 @3xl:border-l print:mt-2 print:border-0 print:px-2"
    >
      <div className="flex flex-col @3xl:absolute @3xl:inset-0 print:static">
        <div className="flex items-center gap-1 px-3 py-1.5 print:px-0 print:py-1">
          <h2 className="mr-auto font-semibold text-sm">{t(title, { count: found.length })}</h2>
          <StepButton
            name={t("previous")}
            shortcut="p"
            isOn={found.length > 0}
            act={() => step(-1)}
          >
            <ChevronLeft aria-hidden="true" />
          </StepButton>
          <StepButton name={t("next")} shortcut="n" isOn={found.length > 0} act={() => step(1)}>
            <ChevronRight aria-hidden="true" />
          </StepButton>
        </div>
        <Status {...{ current, place, isPreliminary }} count={found.length} />
        {found.length === 0 && !isPreliminary && (
          <p className="px-3 pb-3 text-muted text-sm print:px-0 print:pb-1">{t("none")}</p>
        )}
        <ol className="flex gap-1 overflow-x-auto px-2 pb-2 @3xl:min-h-0 @3xl:flex-1 @3xl:flex-col @3xl:overflow-y-auto print:grid print:grid-cols-5 print:overflow-visible print:p-0">
          {found.slice(0, MOST_SHOWN).map((focus, index) => (
            <li
              key={focus.polygon[0]?.join(" ")}
              className={cn("shrink-0", index >= MOST_PRINTED && "print:hidden")}
            >
              <FocusButton
                focus={focus}
                number={index + 1}
                isCurrent={focus === current}
                onFly={() => fly(focus)}
                isPreliminary={isPreliminary}
                {...cut}
              />
            </li>
          ))}
        </ol>
        {found.length > MOST_SHOWN && (
          <p className="px-3 pb-2 text-muted text-xs print:hidden">
            {t("more", { count: found.length - MOST_SHOWN })}
          </p>
        )}
        {found.length > MOST_PRINTED && (
          <p className="hidden text-muted text-xs print:block">
            {t("more", { count: found.length - MOST_PRINTED })}
          </p>
        )}
      </div>
    </section>
  );
}

interface FocusButtonProps extends Omit<FociListProps, "foci" | "isPreliminary"> {
  focus: Focus;
  number: number;
  isCurrent: boolean;
  isPreliminary: boolean;
  onFly: () => void;
}

function FocusButton(props: FocusButtonProps) {
  const { focus, number, isCurrent, isPreliminary, onFly, ...cut } = props;
  const t = useTranslations("result.foci");
  const { peak, size } = useFocusText();
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const list = button.current?.closest("ol");
    if (isCurrent && list && button.current) {
      showWithin(list, button.current);
    }
  }, [isCurrent]);
  return (
    <button
      ref={button}
      type="button"
      aria-pressed={isCurrent}
      onClick={onFly}
      className={cn(
        "flex w-full items-center gap-2 rounded-md p-1 pr-2 text-left text-xs focus-visible:-outline-offset-2",
        isCurrent ? "bg-accent-soft text-accent-strong" : "hover:bg-raised",
      )}
    >
      <FocusThumbnail focus={focus} {...cut} />
      <span className="grid">
        <span className="font-medium">{t("focus", { number, peak: peak(focus) })}</span>
        {!isPreliminary && <span className={isCurrent ? "" : "text-muted"}>{size(focus)}</span>}
      </span>
    </button>
  );
}

/** Scrolls a list, and nothing around it, until one of its items is visible. */
function showWithin(list: HTMLElement, part: HTMLElement): void {
  const [outer, inner] = [list.getBoundingClientRect(), part.getBoundingClientRect()];
  const by = (start: number, end: number) => (start < 0 ? start : Math.max(0, end));
  list.scrollBy({
    left: by(inner.left - outer.left, inner.right - outer.right),
    top: by(inner.top - outer.top, inner.bottom - outer.bottom),
  });
}

interface StepButtonProps {
  name: string;
  shortcut: string;
  isOn: boolean;
  act: () => void;
  children: ReactNode;
}

function StepButton({ name, shortcut, isOn, act, children }: StepButtonProps) {
  return (
    <Button
      variant="outline"
      size="icon-sm"
      aria-label={name}
      aria-keyshortcuts={shortcut}
      title={`${name} (${shortcut})`}
      disabled={!isOn}
      onClick={act}
      className="print:hidden"
    >
      {children}
    </Button>
  );
}

interface StatusProps {
  current: Focus | null;
  place: number;
  count: number;
  isPreliminary: boolean;
}

/** Announces the focus that was zoomed to. */
function Status({ current, place, count, isPreliminary }: StatusProps) {
  const t = useTranslations("result.foci");
  const { peak, size } = useFocusText();
  return (
    <p role="status" className="sr-only">
      {current &&
        t("status", {
          number: place + 1,
          count,
          peak: peak(current),
          size: isPreliminary ? "none" : size(current),
        })}
    </p>
  );
}
