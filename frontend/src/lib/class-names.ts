import { type ClassValue, clsx } from "clsx";
import { twMerge } from "tailwind-merge";

/** Join class names; of classes that contradict each other the last counts. */
export function cn(...classes: ClassValue[]): string {
  return twMerge(clsx(classes));
}
