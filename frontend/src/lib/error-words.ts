"use client";

import { useTranslations } from "next-intl";
import { ApiError, type ErrorCode } from "@/lib/api/error";

/** Says any error in the visitor's language; of what has no words, that the service failed. */
export function useErrorWords(): (error: unknown) => string {
  const t = useTranslations("errors");
  return (error) => {
    const code = error instanceof ApiError ? error.code : "internal_error";
    return t.has(code as ErrorCode) ? t(code as ErrorCode) : t("internal_error");
  };
}
