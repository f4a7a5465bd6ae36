"use client";

import { useTranslations } from "next-intl";
import { RunProgress } from "@/components/history/run-progress";
import type { Deletion } from "@/components/history/use-deletion";
import { ConfirmDialog } from "@/components/shared/confirm-dialog";
import { Button } from "@/components/ui/button";

interface DeleteChosenProps {
  ids: readonly string[];
  deletion: Deletion;
  onClose: () => void;
}

/** Deletes the selected records, once that is confirmed. */
export function DeleteChosen({ ids, deletion, onClose }: DeleteChosenProps) {
  const t = useTranslations("history.selection");
  const common = useTranslations("common");
  const { progress } = deletion;
  const count = progress?.total ?? ids.length;
  return (
    <ConfirmDialog
      title={t("confirm_title", { count })}
      description={t("confirm_text")}
      onClose={() => progress || onClose()}
    >
      <RunProgress progress={progress} />
      <div className="flex flex-wrap justify-end gap-2">
        <Button variant="outline" disabled={progress !== null} onClick={onClose}>
          {common("cancel")}
        </Button>
        <Button
          variant="danger"
          disabled={progress !== null}
          onClick={() => deletion.deleteAll(ids).finally(onClose)}
        >
          {t("confirm", { count })}
        </Button>
      </div>
    </ConfirmDialog>
  );
}
