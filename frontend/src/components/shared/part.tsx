import { type ReactNode, Suspense } from "react";

/**
 * A part of a page that is hydrated separately: a slow phone stays responsive in between, and a
 * part that is touched is hydrated first. It never suspends, so it needs no fallback.
 */
export function Part({ children }: { children: ReactNode }) {
  return <Suspense>{children}</Suspense>;
}
