"use client";

import { useServicePreview } from "@/components/preview/use-service-preview";
import { LocalPicture } from "@/components/upload/local-picture";
import { NotDrawn } from "@/components/upload/not-drawn";
import type { PreviewProps } from "@/components/upload/preview-props";

/** The service's preview of a file, requested for the large view; small views show the same one. */
export function ServicePicture({ file, alt, isLarge = false }: PreviewProps) {
  const { picture, isLoading } = useServicePreview(file, isLarge);
  return picture ? (
    <LocalPicture picture={picture} alt={alt} />
  ) : (
    <NotDrawn isLarge={isLarge} isLoading={isLoading} />
  );
}
