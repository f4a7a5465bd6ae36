import { useTranslations } from "next-intl";
import { VERDICT_TEXT } from "@/components/shared/verdict-badge";
import type { HistoryItem } from "@/lib/api/schema";
import { cn } from "@/lib/class-names";

interface ProbabilityBarProps {
  item: HistoryItem;
  /** The probability as text. */
  text: string;
}

/**
 * A probability as a number and a short bar, with a tick at the record's own threshold; without a
 * verdict, only the number, marked as such.
 */
export function ProbabilityBar({ item, text }: ProbabilityBarProps) {
  const t = useTranslations("history");
  if (item.verdict === "not_assessable") {
    return (
      <span className="text-muted">
        {text}
        <span className="block text-xs">{t("not_a_verdict")}</span>
      </span>
    );
  }
  return (
    <span className="flex items-center gap-2">
      {text}
      <span aria-hidden="true" className="relative h-1.5 w-16 bg-raised">
        <span
          className={cn("absolute inset-y-0 left-0 bg-current", VERDICT_TEXT[item.verdict])}
          style={{ width: `${100 * item.probability}%` }}
        />
        <span
          className="absolute -inset-y-1 w-px bg-ink"
          style={{ left: `${100 * item.threshold}%` }}
        />
      </span>
    </span>
  );
}
