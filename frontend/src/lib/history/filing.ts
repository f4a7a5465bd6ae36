import { send } from "@/lib/api/client";
import type { Filing } from "@/lib/api/schema";

/** The API's own bound on a case label and on a folder, in characters. */
export const MAX_FILING_LENGTH = 100;

export const FILING_FIELDS = ["case_label", "folder"] as const;

/** What is typed; a field that is not there was left as it is. */
export type FilingDraft = Readonly<Partial<Record<(typeof FILING_FIELDS)[number], string>>>;

/** File a record, in place of where it was. */
export async function fileRecord(id: string, filing: Filing): Promise<void> {
  await send<Filing>("PUT", `/history/${id}/filing`, filing);
}

/** Where a record is filed once a draft is saved; blanks stand for nowhere. */
export function filingOf(record: Filing, draft: FilingDraft): Filing {
  const value = (field: (typeof FILING_FIELDS)[number]) =>
    (draft[field] ?? record[field] ?? "").trim() || null;
  return { case_label: value("case_label"), folder: value("folder") };
}

/** Where several records are filed: the same for all, or null. */
export function sharedFiling(records: readonly Filing[]): Filing {
  const shared = (field: (typeof FILING_FIELDS)[number]) => {
    const [first, ...others] = new Set(records.map((record) => record[field]));
    return others.length === 0 ? (first ?? null) : null;
  };
  return { case_label: shared("case_label"), folder: shared("folder") };
}

/** Whether a draft would change where a record is filed. */
export function isChanged(record: Filing, draft: FilingDraft): boolean {
  const filing = filingOf(record, draft);
  return FILING_FIELDS.some((field) => filing[field] !== record[field]);
}
