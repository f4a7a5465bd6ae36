"use client";

import { useTranslations } from "next-intl";
import { useState } from "react";
import { FilingFields } from "@/components/filing/filing-fields";
import { RunProgress } from "@/components/history/run-progress";
import type { FilingRun } from "@/components/history/use-filing";
import { ConfirmDialog } from "@/components/shared/confirm-dialog";
import { Button } from "@/components/ui/button";
import type { HistoryItem } from "@/lib/api/schema";
import { type FilingDraft, isChanged, sharedFiling } from "@/lib/history/filing";

interface FileChosenProps {
  /** The records that are selected. */
  chosen: readonly HistoryItem[];
  filing: FilingRun;
  onClose: () => void;
}

/** Gives the selected records a case label and a folder; unchanged fields are kept. */
export function FileChosen({ chosen, filing, onClose }: FileChosenProps) {
  const t = useTranslations("history.filing");
  const common = useTranslations("common");
  const [draft, setDraft] = useState<FilingDraft>({});
  const { progress, save } = filing;
  const isBusy = progress !== null;
  const count = progress?.total ?? chosen.length;
  const isNew = chosen.some((item) => isChanged(item, draft));
  return (
    <ConfirmDialog
      role="dialog"
      title={t("chosen_title", { count })}
      description={t("chosen_text", { count })}
      onClose={() => isBusy || onClose()}
    >
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save(draft).finally(onClose);
        }}
      >
        <FilingFields filing={sharedFiling(chosen)} draft={draft} onChange={setDraft} />
        <RunProgress progress={progress} />
        <div className="flex flex-wrap justify-end gap-2">
          <Button variant="outline" disabled={isBusy} onClick={onClose}>
            {common("cancel")}
          </Button>
          <Button type="submit" disabled={isBusy || !isNew}>
            {t("save")}
          </Button>
        </div>
      </form>
    </ConfirmDialog>
  );
}
