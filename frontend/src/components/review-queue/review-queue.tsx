"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { QueueEnd } from "@/components/review-queue/queue-end";
import { QueueRecord } from "@/components/review-queue/queue-record";
import { QueueShortcuts } from "@/components/review-queue/queue-shortcuts";
import { QueueStatus } from "@/components/review-queue/queue-status";
import { useReviewQueue } from "@/components/review-queue/use-review-queue";
import { Problem } from "@/components/shared/problem";
import { useTimeZone } from "@/hooks/use-time-zone";
import { modelQuery } from "@/lib/api/queries";
import { SHORTCUTS_COOKIE } from "@/lib/history/shortcuts";
import { remember } from "@/lib/preferences";

/** Reviews of the most uncertain results, by button or key. */
export function ReviewQueue({ initialShortcuts }: { initialShortcuts: boolean }) {
  const common = useTranslations("common");
  const zone = useTimeZone();
  const queue = useReviewQueue();
  const { data: model, error: modelError, refetch: reloadModel } = useQuery(modelQuery);
  const [hasShortcuts, setHasShortcuts] = useState(initialShortcuts);
  const [isHelpOpen, setIsHelpOpen] = useState(false);
  const { left, current } = queue;
  if (!left || !model || !zone || (!current && queue.hasMore)) {
    const [error, retry] = queue.loadError
      ? [queue.loadError, queue.reload]
      : [modelError, reloadModel];
    return error ? (
      <Problem error={error} onRetry={retry} />
    ) : (
      <p role="status" className="mt-4 min-h-[75dvh] text-muted text-sm">
        {common("loading")}
      </p>
    );
  }
  return (
    <div className="mt-4 grid gap-4">
      <QueueStatus count={left.length} hasMore={queue.hasMore} last={queue.last} />
      {current ? (
        <QueueRecord
          item={current}
          zone={zone}
          model={model}
          isSaving={queue.isSaving}
          hasShortcuts={hasShortcuts}
          onJudge={queue.judge}
          onSkip={queue.skip}
          onHelp={() => setIsHelpOpen(!isHelpOpen)}
        />
      ) : (
        <QueueEnd skipped={queue.skipped} onAgain={queue.startAgain} />
      )}
      {queue.saveError && <Problem error={queue.saveError} />}
      {current && (
        <QueueShortcuts
          isOn={hasShortcuts}
          onSwitch={(isOn) => {
            remember(SHORTCUTS_COOKIE, isOn ? "on" : "off");
            setHasShortcuts(isOn);
          }}
          isOpen={isHelpOpen}
          onToggle={setIsHelpOpen}
        />
      )}
    </div>
  );
}
