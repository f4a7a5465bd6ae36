import { useSyncExternalStore } from "react";
import { fileNames, subscribeToNames } from "@/lib/result/file-names";

const NONE: Readonly<Record<string, string>> = {};

/** The names that this browser's images had, by the ids of their records; the server has none. */
export function useFileNames(): Readonly<Record<string, string>> {
  return useSyncExternalStore(subscribeToNames, fileNames, () => NONE);
}
