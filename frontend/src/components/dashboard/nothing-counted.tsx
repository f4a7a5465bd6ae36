"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { DashboardSkeleton } from "@/components/dashboard/dashboard-skeleton";
import { Button, ButtonLink } from "@/components/ui/button";
import { statisticsQuery } from "@/lib/api/queries";
import { statisticsParameters } from "@/lib/statistics/range";

interface NothingCountedProps {
  zone: string;
  /** Records of the period whose images count elsewhere. */
  duplicates: number;
  onShowAll: () => void;
}

const EVER = { from: null, to: null };

/** Nothing counts in the period: the visitor has no records, or only in other periods. */
export function NothingCounted({ zone, duplicates, onShowAll }: NothingCountedProps) {
  const t = useTranslations("dashboard");
  const { data: ever } = useQuery(statisticsQuery(statisticsParameters(EVER, zone)));
  if (!ever) {
    return <DashboardSkeleton />;
  }
  const isEverything = ever.total === 0;
  const elsewhere = duplicates > 0 ? "only_repeats" : "empty_range";
  const part = isEverything ? "empty" : elsewhere;
  return (
    <section className="grid justify-items-start gap-3 border-t pt-6 [&>p]:max-w-prose">
      <h2 className="font-semibold text-lg">{t(`${part}.title`)}</h2>
      <p className="text-muted">{t(`${part}.text`, { duplicates })}</p>
      {isEverything ? (
        <ButtonLink href="/">{t("empty.action")}</ButtonLink>
      ) : (
        <Button variant="outline" onClick={onShowAll}>
          {t("empty_range.action")}
        </Button>
      )}
    </section>
  );
}
