"use client";

import dynamic from "next/dynamic";
import { useState } from "react";
import { LocalPicture } from "@/components/upload/local-picture";
import { NotDrawn } from "@/components/upload/not-drawn";
import type { PreviewProps } from "@/components/upload/preview-props";

const ServicePicture = dynamic<PreviewProps>(() =>
  import("@/components/upload/service-picture")
    .then(({ ServicePicture }) => ServicePicture)
    .catch(() => NotDrawn),
);

/** The image as it was chosen, or as the service draws it where the browser cannot, as TIFF. */
export function Preview({ file, alt, isLarge = false }: PreviewProps) {
  const [isUndrawable, setIsUndrawable] = useState(false);
  return isUndrawable ? (
    <ServicePicture file={file} alt={alt} isLarge={isLarge} />
  ) : (
    <LocalPicture picture={file} alt={alt} onError={() => setIsUndrawable(true)} />
  );
}
