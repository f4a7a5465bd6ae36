"use client";

import { useServicePreview } from "@/components/preview/use-service-preview";
import { LocalPicture } from "@/components/upload/local-picture";
import { NotDrawn } from "@/components/upload/not-drawn";
import type { PreviewProps } from "@/components/upload/preview-props";

/** What the service draws of a file, once it is large; small ones show what came of that. */
export function ServicePicture({ file, alt, isLarge = false }: PreviewProps) {
  const { picture, isLoading } = useServicePreview(file, isLarge);
  return picture ? (
    <LocalPicture picture={picture} alt={alt} />
  ) : (
    <NotDrawn isLarge={isLarge} isLoading={isLoading} />
  );
}
