import { type ReactNode, Suspense } from "react";

/**
 * A part of a page that starts in a turn of its own: a slow phone answers in between, and a part that
 * is touched starts first. Nothing in it waits, so nothing stands for it meanwhile.
 */
export function Part({ children }: { children: ReactNode }) {
  return <Suspense>{children}</Suspense>;
}
