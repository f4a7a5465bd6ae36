"use client";

import { useSearchParams } from "next/navigation";
import { useCallback } from "react";

/**
 * The address's parameters, and how to change them without leaving the page: each change is a step
 * that the browser's back button undoes.
 */
export function useAddress(): [URLSearchParams, (parameters: URLSearchParams) => void] {
  const parameters = useSearchParams();
  const go = useCallback((next: URLSearchParams) => {
    const text = next.toString();
    window.history.pushState(null, "", text ? `?${text}` : window.location.pathname);
  }, []);
  return [parameters, go];
}
