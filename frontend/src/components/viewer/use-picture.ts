import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useServicePreview } from "@/components/preview/use-service-preview";
import { useLoadedImage } from "@/components/viewer/use-loaded-image";
import { useObjectUrl } from "@/hooks/use-object-url";
import type { HistoryRecord } from "@/lib/api/schema";
import { rememberName } from "@/lib/result/file-names";
import { isThumbnailExact, originalPath, thumbnailPath } from "@/lib/result/picture";
import { imageOf, rememberImage } from "@/lib/result/session";

export type Picture = ReturnType<typeof usePicture>;

/** The best picture of a result that this browser can get and draw. */
export function usePicture(record: HistoryRecord) {
  const { id, saved } = record.result;
  const [chosen, setChosen] = useState<Blob | undefined>(() => imageOf(id));
  const { data: original } = useQuery({
    queryKey: ["history", "original", id],
    queryFn: ({ signal }) => fetchBlob(originalPath(id), signal),
    enabled: record.has_original && !chosen,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const own = chosen ?? original ?? null;
  const address = useObjectUrl(own);
  const [undrawable, setUndrawable] = useState<string | null>(null);
  const { element, imgProps } = useLoadedImage();
  const isOwn = address !== null && address !== undrawable;
  const isUndrawable = address !== null && !isOwn;
  const [isPreviewWanted, setIsPreviewWanted] = useState(false);
  const preview = useServicePreview(isUndrawable ? own : null, isPreviewWanted);
  const previewAddress = useObjectUrl(preview.picture);
  const copy = previewAddress ?? (saved ? thumbnailPath(id) : null);
  return {
    /** Null if there is nothing to show: the image was not saved and cannot be drawn. */
    source: isOwn ? address : copy,
    /** The last loaded picture, ready to be drawn. */
    element,
    /** Its file, if this page has it. */
    file: isOwn && element?.src === address ? own : null,
    /** Whether it is a smaller copy of the analysed image. */
    isSmall: !isOwn && (saved ? !isThumbnailExact(record) : isUndrawable),
    /** Whether the image is available, but in a format that this browser cannot draw. */
    isUndrawable,
    /** The service's preview of it, once requested. */
    preview: { ...preview, ask: () => setIsPreviewWanted(true) },
    imgProps: { ...imgProps, onError: () => setUndrawable(address) },
    show: (file: Blob) => {
      rememberImage(id, file);
      if (file instanceof File) {
        rememberName(id, file.name);
      }
      setChosen(file);
    },
  };
}

async function fetchBlob(path: string, signal: AbortSignal): Promise<Blob> {
  const response = await fetch(path, { signal });
  if (!response.ok) {
    throw new Error(`status ${response.status}`);
  }
  return response.blob();
}
