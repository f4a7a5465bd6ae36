import { useSyncExternalStore } from "react";
import { fileNames, subscribeToNames } from "@/lib/result/file-names";

const NONE: Readonly<Record<string, string>> = {};

/**
 * The file names of this browser's images, by the ids of their records; the server does not have
 * them.
 */
export function useFileNames(): Readonly<Record<string, string>> {
  return useSyncExternalStore(subscribeToNames, fileNames, () => NONE);
}
