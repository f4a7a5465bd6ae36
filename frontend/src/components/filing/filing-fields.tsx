"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useId } from "react";
import { foldersQuery } from "@/lib/api/queries";
import type { Filing } from "@/lib/api/schema";
import { FILING_FIELDS, type FilingDraft, MAX_FILING_LENGTH } from "@/lib/history/filing";

interface FilingFieldsProps {
  /** The record's filing, or the part that all records share. */
  filing: Filing;
  draft: FilingDraft;
  onChange: (draft: FilingDraft) => void;
}

/** A case label and a folder, with the visitor's folders as suggestions. */
export function FilingFields({ filing, draft, onChange }: FilingFieldsProps) {
  const t = useTranslations("history.filing");
  const { data: folders } = useQuery(foldersQuery);
  const id = useId();
  return (
    <div className="grid gap-2">
      <div className="grid grid-cols-2 gap-3">
        {FILING_FIELDS.map((field) => (
          <label key={field} htmlFor={`${id}-${field}`} className="grid min-w-0 gap-1 text-sm">
            {t(field)}
            <input
              id={`${id}-${field}`}
              list={field === "folder" ? `${id}-folders` : undefined}
              value={draft[field] ?? filing[field] ?? ""}
              maxLength={MAX_FILING_LENGTH}
              autoComplete="off"
              aria-describedby={`${id}-hint`}
              onChange={({ target }) => onChange({ ...draft, [field]: target.value })}
              className="min-h-9 w-full rounded-md border border-edge bg-surface px-2"
            />
          </label>
        ))}
      </div>
      <datalist id={`${id}-folders`}>
        {folders?.map(({ name }) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <p id={`${id}-hint`} className="text-muted text-xs">
        {t("hint")}
      </p>
    </div>
  );
}
