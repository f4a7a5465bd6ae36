"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { FilingFields } from "@/components/filing/filing-fields";
import { Problem } from "@/components/shared/problem";
import { Button } from "@/components/ui/button";
import type { Filing, HistoryRecord } from "@/lib/api/schema";
import { type FilingDraft, fileRecord, filingOf, isChanged } from "@/lib/history/filing";

/** The visitor's own case label and folder of a saved result. */
export function RecordFiling({ record }: { record: HistoryRecord }) {
  const t = useTranslations("history.filing");
  const [draft, setDraft] = useState<FilingDraft>({});
  const saving = useSaving(record.result.id, () => setDraft({}));
  if (!record.result.saved) {
    return null;
  }
  const isNew = isChanged(record, draft);
  return (
    <form
      className="grid gap-2 print:hidden"
      onSubmit={(event) => {
        event.preventDefault();
        if (isNew && !saving.isPending) {
          saving.mutate(filingOf(record, draft));
        }
      }}
    >
      <h2 className="font-semibold text-base">{t("title")}</h2>
      <FilingFields filing={record} draft={draft} onChange={setDraft} />
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" variant="outline" size="sm" aria-disabled={!isNew}>
          {t("save")}
        </Button>
        <p role="status" className="text-muted text-sm">
          {saving.isPending ? t("saving") : saving.isSuccess && !isNew && t("saved")}
        </p>
      </div>
      {saving.isError && <Problem error={saving.error} />}
    </form>
  );
}

/** Sets a record's filing, then reloads the history's data. */
function useSaving(id: string, onSaved: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (filing: Filing) => fileRecord(id, filing),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["history"] });
      onSaved();
    },
  });
}
