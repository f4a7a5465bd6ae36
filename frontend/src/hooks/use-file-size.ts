"use client";

import { useFormatter } from "next-intl";

/** Formats a number of bytes in kB or MB of 1024 and 1024 x 1024, like the service's limits. */
export function useFileSize(): (bytes: number) => string {
  const format = useFormatter();
  return (bytes) => {
    const isLarge = bytes >= 1024 * 1024;
    // Whole kB, rounded up, so that no file has 0.
    const value = isLarge ? bytes / (1024 * 1024) : Math.ceil(bytes / 1024);
    return format.number(value, {
      style: "unit",
      unit: isLarge ? "megabyte" : "kilobyte",
      maximumFractionDigits: 1,
    });
  };
}
