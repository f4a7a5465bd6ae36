import { useEffect, useEffectEvent, useState } from "react";
import { annotationsOf, type FoundAnnotations, NoAnnotations } from "@/lib/result/annotations";
import type { Size } from "@/lib/result/geometry";
import { carriesFiles, filesOf } from "@/lib/upload/transfer";

// Of annotations, more than any person draws; a browser that reads more stands still.
const MAX_BYTES = 32 * 1024 * 1024;

export type Annotations = ReturnType<typeof useAnnotations>;

interface Refusal extends Pick<NoAnnotations, "reason"> {
  /** Of the file. */
  name: string;
}

/** Outlines from a file of the visitor's, chosen or dropped on the page; it never leaves the browser. */
export function useAnnotations(image: Size) {
  const [shown, setShown] = useState<(FoundAnnotations & { name: string }) | null>(null);
  const [refused, setRefused] = useState<Refusal | null>(null);

  async function read(file: File) {
    const { name } = file;
    try {
      setShown({ name, ...(await annotationsIn(file, image)) });
      setRefused(null);
    } catch (error) {
      setRefused({ name, reason: error instanceof NoAnnotations ? error.reason : "none" });
    }
  }

  useDrop(read);
  return {
    shown,
    /** The last file, where nothing of it can be drawn. */
    refused,
    read,
    clear: () => {
      setShown(null);
      setRefused(null);
    },
  };
}

async function annotationsIn(file: File, image: Size): Promise<FoundAnnotations> {
  if (file.size > MAX_BYTES) {
    throw new NoAnnotations("too_large");
  }
  return annotationsOf(await file.text(), image);
}

/** A file that misses the image by a little must not take the page's place. */
function useDrop(read: (file: File) => void): void {
  const onDrag = useEffectEvent((event: DragEvent) => {
    if (carriesFiles(event.dataTransfer)) {
      event.preventDefault();
    }
  });
  const onDrop = useEffectEvent((event: DragEvent) => {
    const [file] = filesOf(event.dataTransfer);
    if (file) {
      event.preventDefault();
      read(file);
    }
  });
  useEffect(() => {
    const listening = new AbortController();
    const options = { signal: listening.signal };
    window.addEventListener("dragover", (event) => onDrag(event), options);
    window.addEventListener("drop", (event) => onDrop(event), options);
    return () => listening.abort();
  }, []);
}
