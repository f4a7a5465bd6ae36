import { useEffect, useState } from "react";
import { usePublicApiUrl } from "@/components/shell/providers";
import { isPreviewAsked, servicePreview } from "@/lib/upload/service-preview";

interface Drawn {
  file: Blob;
  /** Null for a format that browsers draw, or after an error. */
  picture: Blob | null;
  error: unknown;
}

/**
 * The service's picture of a file that this browser cannot draw, as TIFF; it keeps nothing.
 *
 * @param file Null if there is none, or if the browser can draw it.
 * @param mayAsk Whether the file may be sent for it; an existing preview is returned anyway.
 */
export function useServicePreview(file: Blob | null, mayAsk = true) {
  const publicApiUrl = usePublicApiUrl();
  const [drawn, setDrawn] = useState<Drawn | null>(null);
  const isWanted = file !== null && (mayAsk || isPreviewAsked(file));
  const own = drawn !== null && drawn.file === file ? drawn : null;
  const isLoading = isWanted && own === null;
  useEffect(() => {
    if (!file || !isLoading) {
      return;
    }
    let isCurrent = true;
    const show = (picture: Blob | null, error: unknown) => {
      if (isCurrent) {
        setDrawn({ file, picture, error });
      }
    };
    servicePreview(file, publicApiUrl).then(
      (picture) => show(picture, null),
      (error: unknown) => show(null, error),
    );
    return () => {
      isCurrent = false;
    };
  }, [file, isLoading, publicApiUrl]);
  return {
    picture: own?.picture ?? null,
    error: own?.error ?? null,
    isLoading,
    /** Asks again after an error. */
    retry: () => setDrawn(null),
  };
}
