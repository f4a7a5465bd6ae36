"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { ChartFigure } from "@/components/dashboard/chart-figure";
import { type Part, ShareBar } from "@/components/dashboard/share-bar";
import { useNumberFormat } from "@/components/dashboard/use-number-format";
import { VERDICT_FILL } from "@/components/dashboard/verdict-fills";
import { NumberTable } from "@/components/shared/number-table";
import type { Statistics } from "@/lib/api/schema";
import { VERDICTS } from "@/lib/history/filters";
import { reviewCounts, shareOf } from "@/lib/statistics/statistics";

const HEIGHT = "h-40";

const REVIEW_FILL = {
  agree: "border border-accent bg-accent",
  disagree: "border border-accent bg-surface",
  unsure: "hatched border border-uncertain bg-surface",
  not_assessable: "border border-edge border-dashed bg-surface",
} as const;

interface ShareFigureProps {
  title: string;
  summary: string;
  unit: string;
  parts: readonly Omit<Part, "value">[];
}

function ShareFigure({ title, summary, unit, parts }: ShareFigureProps) {
  const t = useTranslations("dashboard");
  const numbers = useNumberFormat();
  const total = parts.reduce((sum, { count }) => sum + count, 0);
  const cellsOf = (count: number) => [numbers.count(count), numbers.share(shareOf(count, total))];
  return (
    <ChartFigure
      title={title}
      summary={summary}
      height={HEIGHT}
      table={
        <NumberTable
          caption={title}
          columns={[unit, t("count"), t("share")]}
          rows={parts.map(({ key, name, count }) => ({ key, name, cells: cellsOf(count) }))}
        />
      }
    >
      <ShareBar
        parts={parts.map((part) => ({ ...part, value: cellsOf(part.count).join(" · ") }))}
      />
    </ChartFigure>
  );
}

/** Shares of the verdicts among the results. */
export function Verdicts({ verdicts }: Pick<Statistics, "verdicts">) {
  const t = useTranslations("dashboard.verdicts");
  const verdictName = useTranslations("common.verdict");
  return (
    <ShareFigure
      title={t("title")}
      summary={t("summary", { ...verdicts })}
      unit={t("verdict")}
      parts={VERDICTS.map((verdict) => ({
        key: verdict,
        name: verdictName(verdict),
        count: verdicts[verdict],
        fill: VERDICT_FILL[verdict],
      }))}
    />
  );
}

/** Reviews of the verdicts. */
export function Reviews({ statistics }: { statistics: Statistics }) {
  const t = useTranslations("dashboard.reviews");
  const reviewName = useTranslations("common.review");
  const { share } = useNumberFormat();
  const { agree, disagree, agreement, reviewed } = statistics.agreement;
  if (reviewed === 0) {
    return <NothingReviewed />;
  }
  return (
    <ShareFigure
      title={t("title")}
      summary={
        agreement === null
          ? t("summary_open")
          : t("summary", { share: share(agreement), agree, decided: agree + disagree })
      }
      unit={t("review")}
      parts={reviewCounts(statistics).map(({ opinion, count }) => ({
        key: opinion,
        name: opinion === "not_assessable" ? t("not_assessable") : reviewName(opinion),
        count,
        fill: REVIEW_FILL[opinion],
      }))}
    />
  );
}

function NothingReviewed() {
  const t = useTranslations("dashboard.reviews");
  return (
    <section className="min-w-0 pt-4">
      <h2 className="font-semibold text-lg">{t("title")}</h2>
      <p className="mt-1 text-muted text-sm">{t("empty")}</p>
      <Link
        href="/history/review"
        className="mt-3 inline-block py-1 text-accent text-sm underline underline-offset-4"
      >
        {t("action")}
      </Link>
    </section>
  );
}
