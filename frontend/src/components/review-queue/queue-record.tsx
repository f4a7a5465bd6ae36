"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useRecordText } from "@/components/history/use-record-text";
import { Keycap } from "@/components/review-queue/keycap";
import { QueueChoices } from "@/components/review-queue/queue-choices";
import { QueuePicture } from "@/components/review-queue/queue-picture";
import { useReviewChoices } from "@/components/review-queue/use-review-choices";
import { useShortcuts } from "@/components/review-queue/use-shortcuts";
import { ProbabilityScale } from "@/components/shared/probability-scale";
import { VerdictBadge } from "@/components/shared/verdict-badge";
import type { ModelFacts } from "@/lib/api/model-facts";
import type { HistoryItem } from "@/lib/api/schema";
import type { ReviewChoice } from "@/lib/history/reviews";
import { bandOfResult } from "@/lib/threshold/threshold";

interface QueueRecordProps {
  item: HistoryItem;
  zone: string;
  model: ModelFacts;
  isSaving: boolean;
  hasShortcuts: boolean;
  onJudge: (choice: ReviewChoice) => void;
  onSkip: () => void;
  onHelp: () => void;
}

/** A record to review: its image, the model's result, and the possible reviews. */
export function QueueRecord(props: QueueRecordProps) {
  const { item, zone, model, isSaving, hasShortcuts, onJudge, onSkip, onHelp } = props;
  const t = useTranslations("history.review");
  const [hasEvidence, setHasEvidence] = useState(false);
  const choices = useReviewChoices({ item, classNames: model.classNames, onJudge });
  useShortcuts(hasShortcuts, (shortcut) => {
    switch (shortcut) {
      case "skip":
        return onSkip();
      case "help":
        return onHelp();
      case "evidence":
        return setHasEvidence(!hasEvidence);
      default:
        return choices.choose(shortcut);
    }
  });
  return (
    <article
      aria-label={t("of_model")}
      className="grid gap-6 border-t pt-4 lg:grid-cols-[minmax(0,1fr)_21rem]"
    >
      <QueuePicture item={item} hasEvidence={hasEvidence} zone={zone} />
      <div className="flex flex-col gap-5">
        <RecordFacts item={item} zone={zone} />
        <QueueChoices
          choices={choices}
          classNames={model.classNames}
          isSaving={isSaving}
          hasKeys={hasShortcuts}
          onSkip={onSkip}
        />
        <label className="flex min-h-8 w-fit items-center gap-2 text-sm">
          <input
            type="checkbox"
            checked={hasEvidence}
            onChange={() => setHasEvidence(!hasEvidence)}
            className="size-4 accent-(--color-accent)"
          />
          {t("evidence")}
          {hasShortcuts && <Keycap name="E" />}
        </label>
      </div>
    </article>
  );
}

function RecordFacts({ item, zone }: Pick<QueueRecordProps, "item" | "zone">) {
  const t = useTranslations("history.review");
  const common = useTranslations("common");
  const text = useRecordText(zone);
  return (
    <div className="grid gap-3">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <VerdictBadge result={item} />
        <span
          className={
            item.verdict === "not_assessable" ? "text-lg text-muted" : "font-semibold text-xl"
          }
        >
          {text.probability(item.probability)}
        </span>
      </div>
      {item.verdict === "not_assessable" && (
        <p className="text-sm">
          {text.reasons(item) && <span className="font-medium">{`${text.reasons(item)}. `}</span>}
          {common("not_a_verdict")}
        </p>
      )}
      <ProbabilityScale
        probability={item.probability}
        threshold={item.threshold}
        band={bandOfResult(item)}
        verdict={item.verdict}
      />
      <p className="text-muted text-xs">
        {[text.threshold(item), text.size(item), text.scale(item), text.time(item)].join(" · ")}
      </p>
      {text.cautions(item) && <p className="text-sm">{text.cautions(item)}</p>}
      <Link
        href={`/results/${item.id}`}
        className="w-fit rounded-sm text-accent text-sm underline underline-offset-4"
      >
        {t("open")}
      </Link>
    </div>
  );
}
