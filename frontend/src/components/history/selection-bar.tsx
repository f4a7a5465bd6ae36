"use client";

import { useTranslations } from "next-intl";
import { useState } from "react";
import { type Deletion, useDeletion } from "@/components/history/use-deletion";
import type { RecordText } from "@/components/history/use-record-text";
import { ConfirmDialog } from "@/components/shared/confirm-dialog";
import { Button } from "@/components/ui/button";
import { useErrorMessage } from "@/hooks/use-error-message";
import type { HistoryItem } from "@/lib/api/schema";

interface SelectionBarProps {
  /** The records that are selected. */
  chosen: readonly HistoryItem[];
  text: RecordText;
  onSelect: (selected: ReadonlySet<string>) => void;
}

/** What can be done with the selected records; it stays in sight while they are scrolled. */
export function SelectionBar({ chosen, text, onSelect }: SelectionBarProps) {
  const t = useTranslations("history.selection");
  const [isAsking, setIsAsking] = useState(false);
  const deletion = useDeletion(onSelect);
  const count = chosen.length;
  return (
    <>
      <div
        hidden={count === 0}
        className="sticky bottom-0 z-20 -mx-4 mt-4 border-t border-edge bg-surface px-4 py-3 sm:mx-0 print:hidden"
      >
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <p className="font-medium text-sm">{t("count", { count })}</p>
          <Button variant="danger" size="sm" onClick={() => setIsAsking(true)}>
            {t("delete")}
          </Button>
          <Button variant="ghost" size="sm" onClick={() => onSelect(new Set())}>
            {t("clear")}
          </Button>
        </div>
        <Failures chosen={chosen} text={text} deletion={deletion} />
      </div>
      <p role="status" className="sr-only">
        {deletion.deleted > 0 && t("deleted", { count: deletion.deleted })}
      </p>
      {isAsking && (
        <DeleteChosen
          ids={chosen.map(({ id }) => id)}
          deletion={deletion}
          onClose={() => setIsAsking(false)}
        />
      )}
    </>
  );
}

interface DeleteChosenProps {
  ids: readonly string[];
  deletion: Deletion;
  onClose: () => void;
}

function DeleteChosen({ ids, deletion, onClose }: DeleteChosenProps) {
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
      {progress && (
        <label className="grid gap-1 text-sm">
          {t("progress", progress)}
          <progress
            max={progress.total}
            value={progress.done}
            className="w-full accent-(--color-accent)"
          />
        </label>
      )}
      <div className="flex flex-wrap justify-end gap-2">
        <Button variant="outline" disabled={progress !== null} onClick={onClose}>
          {common("cancel")}
        </Button>
        <Button
          variant="danger"
          disabled={progress !== null}
          onClick={() => deletion.start(ids).finally(onClose)}
        >
          {t("confirm", { count })}
        </Button>
      </div>
    </ConfirmDialog>
  );
}

function Failures({
  chosen,
  text,
  deletion,
}: Omit<SelectionBarProps, "onSelect"> & { deletion: Deletion }) {
  const t = useTranslations("history.selection");
  const errorMessage = useErrorMessage();
  const failed = chosen.filter(({ id }) => deletion.failures.has(id));
  return (
    <div role="alert" className="text-sm">
      {failed.length > 0 && (
        <>
          <p className="mt-2 font-medium">{t("failed", { count: failed.length })}</p>
          <ul className="mt-1 max-h-32 overflow-y-auto text-muted">
            {failed.map((item) => (
              <li key={item.id}>
                {`${text.time(item)}, ${text.probability(item.probability)}: ${errorMessage(deletion.failures.get(item.id))}`}
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
