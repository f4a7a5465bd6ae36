"use client";

import { useTranslations } from "next-intl";
import { WarningItem } from "@/components/shared/warning-list";
import { sharedWarnings } from "@/lib/result/warnings";
import { resultsOf, type Uploads } from "@/lib/upload/uploads";

/** Warnings that several results of a batch share, shown once. */
export function SharedWarnings({ uploads }: { uploads: Pick<Uploads, "items"> }) {
  const t = useTranslations("upload.shared_warnings");
  const results = resultsOf(uploads);
  const shared = sharedWarnings(results);
  return (
    shared.length > 0 && (
      <ul aria-label={t("label")} className="divide-y px-4 py-3">
        {shared.map(({ warning, count }) => (
          <WarningItem key={warning.code} warning={warning}>
            <span className="text-muted">
              {` · ${t(count === results.length ? "all" : "some", { count, total: results.length })}`}
            </span>
          </WarningItem>
        ))}
      </ul>
    )
  );
}
