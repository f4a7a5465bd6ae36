import { send } from "@/lib/api/client";
import type { Filing } from "@/lib/api/schema";

/** The API's limit for a case label and for a folder, in characters. */
export const MAX_FILING_LENGTH = 100;

export const FILING_FIELDS = ["case_label", "folder"] as const;

/** The typed values; a missing field was not changed. */
export type FilingDraft = Readonly<Partial<Record<(typeof FILING_FIELDS)[number], string>>>;

/** Set a record's filing, in place of the earlier one. */
export async function fileRecord(id: string, filing: Filing): Promise<void> {
  await send<Filing>("PUT", `/history/${id}/filing`, filing);
}

/** A record's filing once a draft is saved; blank means none. */
export function filingOf(record: Filing, draft: FilingDraft): Filing {
  const value = (field: (typeof FILING_FIELDS)[number]) =>
    (draft[field] ?? record[field] ?? "").trim() || null;
  return { case_label: value("case_label"), folder: value("folder") };
}

/** The filing that several records share; null where they differ. */
export function sharedFiling(records: readonly Filing[]): Filing {
  const shared = (field: (typeof FILING_FIELDS)[number]) => {
    const [first, ...others] = new Set(records.map((record) => record[field]));
    return others.length === 0 ? (first ?? null) : null;
  };
  return { case_label: shared("case_label"), folder: shared("folder") };
}

/** Whether a draft would change a record's filing. */
export function isChanged(record: Filing, draft: FilingDraft): boolean {
  const filing = filingOf(record, draft);
  return FILING_FIELDS.some((field) => filing[field] !== record[field]);
}
