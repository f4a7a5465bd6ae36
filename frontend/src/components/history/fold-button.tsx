"use client";

import { ChevronDown, ChevronRight } from "lucide-react";
import { useTranslations } from "next-intl";
import type { EntryProps } from "@/components/history/selection";
import { Button } from "@/components/ui/button";
import { hasOtherVerdicts } from "@/lib/history/duplicates";

/** Opens the other results of the same image, where there are any; it lies above the record's link. */
export function FoldButton({ entry, onFold }: Pick<EntryProps, "entry" | "onFold">) {
  const t = useTranslations("history.fold");
  const { fold, isFirst, isOpen } = entry;
  const count = fold.items.length;
  if (count === 1) {
    return null;
  }
  if (!isFirst) {
    return <span className="block text-muted text-xs">{t("same")}</span>;
  }
  const Chevron = isOpen ? ChevronDown : ChevronRight;
  return (
    <Button
      variant="link"
      size="bare"
      aria-expanded={isOpen}
      onClick={() => onFold(fold.key)}
      className="relative z-10 min-h-6 justify-start text-left font-normal text-xs"
    >
      <Chevron aria-hidden="true" className="size-3.5!" />
      {t(hasOtherVerdicts(fold) ? "count_differ" : "count", { count })}
    </Button>
  );
}
