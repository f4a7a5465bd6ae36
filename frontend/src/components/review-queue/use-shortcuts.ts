"use client";

import { useEffect, useRef } from "react";
import { type Shortcut, shortcutOf } from "@/lib/history/shortcuts";

/** Handles the queue's keys, unless they are switched off or typed into a field. */
export function useShortcuts(isOn: boolean, onShortcut: (shortcut: Shortcut) => void): void {
  const latest = useRef(onShortcut);
  useEffect(() => {
    latest.current = onShortcut;
  });
  useEffect(() => {
    if (!isOn) {
      return;
    }
    const hear = (event: KeyboardEvent) => {
      const shortcut = isTyping(event.target) || event.repeat ? null : shortcutOf(event);
      if (shortcut) {
        event.preventDefault();
        latest.current(shortcut);
      }
    };
    document.addEventListener("keydown", hear);
    return () => document.removeEventListener("keydown", hear);
  }, [isOn]);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches("input:not([type=checkbox]), textarea, select"))
  );
}
