"use client";

import { ImageOff } from "lucide-react";
import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import { cn } from "@/lib/class-names";

/** Images up to so many pixels wide are drawn with their pixels seen. */
const TINY_PIXELS = 400;

interface PreviewProps {
  file: File;
  /** What the picture is, for who cannot see it; empty where that stands beside it. */
  alt: string;
  /** Whether to say that the browser cannot draw the file. */
  isLarge?: boolean;
}

/** The image as it was chosen; browsers draw no TIFF, nor what is damaged. */
export function Preview({ file, alt, isLarge = false }: PreviewProps) {
  const t = useTranslations("upload");
  const url = useObjectUrl(file);
  const [look, setLook] = useState<"smooth" | "tiny" | "none">("smooth");
  if (look === "none") {
    return (
      <span className="grid place-items-center content-center gap-2 size-full text-muted text-sm">
        <ImageOff className="size-5" aria-hidden="true" />
        {isLarge ? t("no_preview") : <span className="sr-only">{t("no_preview")}</span>}
      </span>
    );
  }
  return url ? (
    // biome-ignore lint/performance/noImgElement: a file of the visitor's, which no server may see
    <img
      src={url}
      alt={alt}
      decoding="async"
      onLoad={({ currentTarget: { naturalWidth } }) =>
        setLook(naturalWidth <= TINY_PIXELS ? "tiny" : "smooth")
      }
      onError={() => setLook("none")}
      className={cn("size-full object-contain", look === "tiny" && "pixelated")}
    />
  ) : null;
}

function useObjectUrl(file: File): string | null {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return url;
}
