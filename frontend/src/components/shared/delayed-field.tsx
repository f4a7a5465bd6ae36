"use client";

import { type ComponentProps, useEffect, useRef } from "react";
import { cn } from "@/lib/class-names";

const PAUSE_MS = 400;

type DelayedFieldProps = Omit<ComponentProps<"input">, "value" | "onChange"> & {
  /** The current value, in the form that `read` returns. */
  value: string;
  /** The value of a typed text; an empty text if there is none. */
  read: (text: string) => string;
  onCommit: (value: string) => void;
};

/**
 * A field that reports its value once typing pauses, or Enter is pressed.
 *
 * The text is not changed while the visitor types: "0.50" is kept although its value is "0.5".
 */
export function DelayedField({ value, read, onCommit, className, ...props }: DelayedFieldProps) {
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  useEffect(() => {
    if (field.current && read(field.current.value) !== value) {
      field.current.value = value;
    }
  }, [value, read]);
  useEffect(() => () => clearTimeout(timer.current), []);

  function commit() {
    clearTimeout(timer.current);
    const typed = read(field.current?.value ?? "");
    if (typed !== value) {
      onCommit(typed);
    }
  }

  return (
    <input
      {...props}
      ref={field}
      defaultValue={value}
      onChange={() => {
        clearTimeout(timer.current);
        timer.current = setTimeout(commit, PAUSE_MS);
      }}
      onKeyDown={(event) => event.key === "Enter" && commit()}
      className={cn("min-h-9 rounded-md border border-edge bg-surface px-2 text-sm", className)}
    />
  );
}
