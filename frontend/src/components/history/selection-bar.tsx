"use client";

import { useTranslations } from "next-intl";
import { useState } from "react";
import { DeleteChosen } from "@/components/history/delete-chosen";
import { FileChosen } from "@/components/history/file-chosen";
import { useDeletion } from "@/components/history/use-deletion";
import type { Run } from "@/components/history/use-each";
import { useFiling } from "@/components/history/use-filing";
import type { RecordText } from "@/components/history/use-record-text";
import { Button } from "@/components/ui/button";
import { useErrorMessage } from "@/hooks/use-error-message";
import type { HistoryItem } from "@/lib/api/schema";

interface SelectionBarProps {
  /** The records that are selected. */
  chosen: readonly HistoryItem[];
  text: RecordText;
  onSelect: (selected: ReadonlySet<string>) => void;
}

/** Actions on the selected records; stays visible while scrolling. */
export function SelectionBar({ chosen, text, onSelect }: SelectionBarProps) {
  const t = useTranslations("history.selection");
  const [asked, setAsked] = useState<"delete" | "file" | null>(null);
  const deletion = useDeletion(onSelect);
  const filing = useFiling(chosen, onSelect);
  const count = chosen.length;
  const close = () => setAsked(null);
  return (
    <>
      <div
        hidden={count === 0}
        className="sticky bottom-0 z-20 -mx-4 mt-4 border-t border-edge bg-surface px-4 py-3 sm:mx-0 print:hidden"
      >
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <p className="font-medium text-sm">{t("count", { count })}</p>
          <Button variant="outline" size="sm" onClick={() => setAsked("file")}>
            {t("file")}
          </Button>
          <Button variant="danger" size="sm" onClick={() => setAsked("delete")}>
            {t("delete")}
          </Button>
          <Button variant="ghost" size="sm" onClick={() => onSelect(new Set())}>
            {t("clear")}
          </Button>
        </div>
        <Failures chosen={chosen} text={text} run={deletion} title="failed" />
        <Failures chosen={chosen} text={text} run={filing} title="file_failed" />
      </div>
      <p role="status" className="sr-only">
        {deletion.succeeded > 0 && t("deleted", { count: deletion.succeeded })}
        {filing.succeeded > 0 && t("filed", { count: filing.succeeded })}
      </p>
      {asked === "delete" && (
        <DeleteChosen ids={chosen.map(({ id }) => id)} deletion={deletion} onClose={close} />
      )}
      {asked === "file" && <FileChosen chosen={chosen} filing={filing} onClose={close} />}
    </>
  );
}

interface FailuresProps extends Omit<SelectionBarProps, "onSelect"> {
  run: Run;
  title: "failed" | "file_failed";
}

function Failures({ chosen, text, run, title }: FailuresProps) {
  const t = useTranslations("history.selection");
  const errorMessage = useErrorMessage();
  const failed = chosen.filter(({ id }) => run.failures.has(id));
  return (
    <div role="alert" className="text-sm">
      {failed.length > 0 && (
        <>
          <p className="mt-2 font-medium">{t(title, { count: failed.length })}</p>
          <ul className="mt-1 max-h-32 overflow-y-auto text-muted">
            {failed.map((item) => (
              <li key={item.id}>
                {`${text.time(item)}, ${text.probability(item.probability)}: ${errorMessage(run.failures.get(item.id))}`}
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
