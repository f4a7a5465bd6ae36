"use client";

import { useTranslations } from "next-intl";
import { Keycap } from "@/components/review-queue/keycap";

const LINES = [
  { keys: ["A"], does: "agree" },
  { keys: ["D"], does: "disagree" },
  { keys: ["1", "2"], does: "which" },
  { keys: ["U"], does: "unsure" },
  { keys: ["S"], does: "skip" },
  { keys: ["E"], does: "evidence" },
  { keys: ["?"], does: "help" },
] as const;

interface QueueShortcutsProps {
  isOn: boolean;
  onSwitch: (isOn: boolean) => void;
  isOpen: boolean;
  onToggle: (isOpen: boolean) => void;
}

/** The list of shortcuts, with a switch: single keys can interfere with speech input. */
export function QueueShortcuts({ isOn, onSwitch, isOpen, onToggle }: QueueShortcutsProps) {
  const t = useTranslations("history.review");
  return (
    <section aria-label={t("shortcuts")} className="grid gap-2 border-t pt-4 text-sm">
      <label className="flex min-h-8 w-fit items-center gap-2">
        <input
          type="checkbox"
          checked={isOn}
          onChange={({ target }) => onSwitch(target.checked)}
          className="size-4 accent-(--color-accent)"
        />
        {t("shortcuts_on")}
      </label>
      <details open={isOpen} onToggle={(event) => onToggle(event.currentTarget.open)}>
        <summary className="w-fit rounded-sm py-1 text-muted hover:text-ink">
          {t("shortcuts_help")}
        </summary>
        <dl className="mt-2 grid w-fit grid-cols-[auto_auto] gap-x-4 gap-y-1.5">
          {LINES.map(({ keys, does }) => (
            <div key={does} className="contents">
              <dt className="flex gap-1">
                <span className="sr-only">{keys.join(", ")}</span>
                {keys.map((key) => (
                  <Keycap key={key} name={key} />
                ))}
              </dt>
              <dd>{t(`key.${does}`)}</dd>
            </div>
          ))}
        </dl>
      </details>
    </section>
  );
}
