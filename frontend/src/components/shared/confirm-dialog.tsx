"use client";

import { type ReactNode, useId, useLayoutEffect, useRef } from "react";

interface ConfirmDialogProps {
  /** A question, unless it is a form. */
  role?: "alertdialog" | "dialog";
  title: string;
  /** What will happen. */
  description: ReactNode;
  /** Progress or an error, if any, and the buttons; the first gets the focus. */
  children: ReactNode;
  /** Called when it is closed, also by Escape. */
  onClose: () => void;
}

/** A modal question that opens when it is rendered. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { role = "alertdialog", title, description, children, onClose } = props;
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => {
      // Closing returns the focus to its earlier element, unless that is gone.
      shown?.close();
      setTimeout(focusContent);
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      role={role}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-description`}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      // Browsers close it without an event when Escape is pressed again.
      onClose={() => dialog.current?.open || onClose()}
      className="m-auto w-full max-w-md rounded-lg border border-edge bg-surface p-6 text-ink backdrop:bg-[oklch(10%_0_0/0.5)]"
    >
      <h2 id={`${id}-title`} className="font-semibold text-lg">
        {title}
      </h2>
      <p id={`${id}-description`} className="mt-2 text-muted text-sm">
        {description}
      </p>
      <div className="mt-4 grid gap-4">{children}</div>
    </dialog>
  );
}

function focusContent() {
  if (document.activeElement === document.body || !document.activeElement?.checkVisibility()) {
    document.getElementById("content")?.focus({ preventScroll: true });
  }
}
