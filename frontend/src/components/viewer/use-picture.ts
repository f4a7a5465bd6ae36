import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import type { HistoryRecord } from "@/lib/api/schema";
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
  const address = useObjectUrl(chosen ?? original);
  const [undrawable, setUndrawable] = useState<string | null>(null);
  const [element, setElement] = useState<HTMLImageElement | null>(null);
  const isOwn = address !== null && address !== undrawable;
  // The image may have come before this code did, and then tells nobody.
  const ref = useCallback((node: HTMLImageElement | null) => {
    if (node?.complete && node.naturalWidth > 0) {
      setElement(node);
    }
  }, []);

  return {
    /** Null where there is nothing to show: the image was not saved and cannot be drawn. */
    source: isOwn ? address : saved ? thumbnailPath(id) : null,
    /** The picture that came last, ready to be drawn. */
    element,
    /** Its file, where this page has it. */
    file: isOwn && element?.src === address ? (chosen ?? original ?? null) : null,
    /** Whether it is a copy with less than the image that was judged. */
    isSmall: saved && !isOwn && !isThumbnailExact(record),
    /** Whether the image is here, and in a format that this browser does not draw. */
    isUndrawable: address !== null && !isOwn,
    imgProps: {
      ref,
      onLoad: (event: { currentTarget: HTMLImageElement }) => setElement(event.currentTarget),
      onError: () => setUndrawable(address),
    },
    show: (file: Blob) => {
      rememberImage(id, file);
      setChosen(file);
    },
  };
}

/** An address for what only this page has; null before there is one. */
function useObjectUrl(blob: Blob | undefined): string | null {
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    if (!blob) {
      return;
    }
    const made = URL.createObjectURL(blob);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return address;
}

async function fetchBlob(path: string, signal: AbortSignal): Promise<Blob> {
  const response = await fetch(path, { signal });
  if (!response.ok) {
    throw new Error(`status ${response.status}`);
  }
  return response.blob();
}
