"use client";

import type { RecordText } from "@/components/history/use-record-text";
import { useFileNames } from "@/hooks/use-file-names";
import type { HistoryItem } from "@/lib/api/schema";
import { cn } from "@/lib/class-names";

interface RecordNamesProps {
  item: HistoryItem;
  text: RecordText;
  className?: string;
}

/** The visitor's names of a record: case, folder, and file name in this browser. */
export function RecordNames({ item, text, className }: RecordNamesProps) {
  const { [item.id]: fileName } = useFileNames();
  const lines = new Set([text.filing(item), fileName].filter(Boolean));
  return [...lines].map((line) => (
    <span key={line} title={line} className={cn("block truncate text-muted text-xs", className)}>
      {line}
    </span>
  ));
}
