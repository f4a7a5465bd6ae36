"use client";

import { useState } from "react";
import { useObjectUrl } from "@/hooks/use-object-url";
import { cn } from "@/lib/class-names";

/** Images up to this width in pixels are drawn without interpolation. */
const TINY_PIXELS = 400;

interface LocalPictureProps {
  picture: Blob;
  alt: string;
  onError?: () => void;
}

/** A picture that this page has, as large as there is room. */
export function LocalPicture({ picture, alt, onError }: LocalPictureProps) {
  const url = useObjectUrl(picture);
  const [isTiny, setIsTiny] = useState(false);
  return url ? (
    // biome-ignore lint/performance/noImgElement: a file of the visitor's, which no server may see
    <img
      src={url}
      alt={alt}
      decoding="async"
      onLoad={({ currentTarget }) => setIsTiny(currentTarget.naturalWidth <= TINY_PIXELS)}
      onError={onError}
      className={cn("size-full object-contain", isTiny && "pixelated")}
    />
  ) : null;
}
