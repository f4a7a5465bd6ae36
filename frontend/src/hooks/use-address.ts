"use client";

import { useSearchParams } from "next/navigation";
import { useCallback } from "react";

type Change = (now: URLSearchParams) => URLSearchParams;

/**
 * The address's parameters, and how to change them without leaving the page: each change is a step
 * that the browser's back button undoes.
 *
 * A change gets the current parameters, which the page may not have drawn yet.
 */
export function useAddress(): [URLSearchParams, (change: Change) => void] {
  const parameters = useSearchParams();
  const go = useCallback((change: Change) => {
    const text = change(new URLSearchParams(window.location.search)).toString();
    window.history.pushState(null, "", text ? `?${text}` : window.location.pathname);
  }, []);
  return [parameters, go];
}
