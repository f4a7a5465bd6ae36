import { type DragEvent, useState } from "react";
import { annotationsOf, type Polygon } from "@/lib/result/annotations";

// Of annotations, more than any person draws; a browser that reads more stands still.
const MAX_BYTES = 32 * 1024 * 1024;

export type Annotations = ReturnType<typeof useAnnotations>;

/** Outlines from a file of the visitor's, which never leaves the browser. */
export function useAnnotations() {
  const [shown, setShown] = useState<{ name: string; polygons: readonly Polygon[] } | null>(null);
  const [refused, setRefused] = useState<string | null>(null);

  async function read(file: File) {
    try {
      const polygons = annotationsOf(file.size > MAX_BYTES ? "" : await file.text());
      setShown({ name: file.name, polygons });
      setRefused(null);
    } catch {
      setRefused(file.name);
    }
  }

  return {
    shown,
    /** The name of the last file, where it held no outlines. */
    refused,
    read,
    clear: () => setShown(null),
    /** For where files may be dropped. */
    dropProps: {
      onDragOver: (event: DragEvent) => {
        if (event.dataTransfer.types.includes("Files")) {
          event.preventDefault();
        }
      },
      onDrop: (event: DragEvent) => {
        const file = event.dataTransfer.files[0];
        if (file) {
          event.preventDefault();
          read(file);
        }
      },
    },
  };
}
