"use client";

import { ImageOff } from "lucide-react";
import { useTranslations } from "next-intl";

interface NotDrawnProps {
  isLarge?: boolean;
  /** Whether a picture may still arrive. */
  isLoading?: boolean;
}

/** In the place of a picture that the browser cannot draw. */
export function NotDrawn({ isLarge = false, isLoading = false }: NotDrawnProps) {
  const t = useTranslations("upload");
  const text = t(isLoading ? "preview_loading" : "no_preview");
  return (
    <span className="grid place-items-center content-center gap-2 size-full text-muted text-sm">
      {!isLoading && <ImageOff className="size-5" aria-hidden="true" />}
      {isLarge ? text : <span className="sr-only">{text}</span>}
    </span>
  );
}
