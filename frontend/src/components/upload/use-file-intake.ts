"use client";

import { useEffect, useEffectEvent, useState } from "react";
import { noteHandles } from "@/lib/slide/handles";
import { carriesFiles, filesOf } from "@/lib/upload/transfer";

const TEXT_FIELD =
  "textarea, select, [contenteditable], input:not([type=radio], [type=checkbox], [type=file])";

/**
 * Takes files that are dropped or pasted anywhere on the page.
 *
 * @param take Called with the files; none if a paste has no image.
 * @returns Whether files are held over the page right now.
 */
export function useFileIntake(take: (files: readonly File[]) => void): boolean {
  const [isOver, setIsOver] = useState(false);

  const onDrag = useEffectEvent((event: DragEvent) => {
    if (carriesFiles(event.dataTransfer)) {
      event.preventDefault();
      setIsOver(true);
    }
  });
  const onLeave = useEffectEvent((event: DragEvent) => {
    // Without a related target the drag has left the page, not just one of its parts.
    if (event.relatedTarget === null) {
      setIsOver(false);
    }
  });
  const onDrop = useEffectEvent((event: DragEvent) => {
    setIsOver(false);
    if (carriesFiles(event.dataTransfer)) {
      event.preventDefault();
      noteHandles(event.dataTransfer);
      take(filesOf(event.dataTransfer));
    }
  });
  const onPaste = useEffectEvent((event: ClipboardEvent) => {
    if (!(event.target instanceof Element && event.target.closest(TEXT_FIELD))) {
      take(filesOf(event.clipboardData));
    }
  });

  useEffect(() => {
    const listening = new AbortController();
    const options = { signal: listening.signal };
    window.addEventListener("dragover", (event) => onDrag(event), options);
    window.addEventListener("dragleave", (event) => onLeave(event), options);
    window.addEventListener("drop", (event) => onDrop(event), options);
    window.addEventListener("paste", (event) => onPaste(event), options);
    return () => listening.abort();
  }, []);

  return isOver;
}
