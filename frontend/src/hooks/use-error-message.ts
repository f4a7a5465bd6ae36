"use client";

import { useTranslations } from "next-intl";
import { ApiError } from "@/lib/api/error";
import { writtenName } from "@/lib/upload/formats";

/** Returns the message of any error in the visitor's language. */
export function useErrorMessage(): (error: unknown) => string {
  const t = useTranslations("errors");
  return (error) => {
    const code = error instanceof ApiError ? error.code : "internal_error";
    const format = error instanceof ApiError && error.details.format;
    if (code === "unsupported_image" && typeof format === "string") {
      return format === "ZIP"
        ? t("unsupported_zip")
        : t("unsupported_format", { format: writtenName(format) });
    }
    // A newer service may have codes that this page has no message for yet.
    return t.has(code) ? t(code) : t("internal_error");
  };
}
