import { useTranslations } from "next-intl";
import { DeleteResult } from "@/components/result/delete-result";
import { Neighbours } from "@/components/result/neighbours";
import { Moment } from "@/components/shared/moment";
import { useFileNames } from "@/hooks/use-file-names";
import { useResultNames } from "@/hooks/use-result-names";
import { hasRecord } from "@/lib/api/has-record";
import type { HistoryRecord } from "@/lib/api/schema";

/** The result's name, with navigation. */
export function TopBar({ record }: { record: HistoryRecord }) {
  const { result, case_label: caseLabel } = record;
  const { [result.id]: fileName } = useFileNames();
  const names = new Set([caseLabel, fileName].filter((name) => typeof name === "string"));
  const t = useTranslations("result");
  const { kind } = useResultNames();
  return (
    <div className="flex min-h-9 flex-wrap items-center gap-x-2 gap-y-2 sm:gap-x-4 lg:col-span-full print:mb-3 print:border-b print:pb-1">
      <p className="mr-auto text-muted text-sm">
        <span className="hidden font-semibold text-ink print:inline">{`${t("print_title")} · `}</span>
        <span className="hidden sm:inline print:inline">{`${kind(result)} · `}</span>
        <Moment time={result.created_at} />
        {[...names].map((name) => (
          <span key={name} className="break-words">{` · ${name}`}</span>
        ))}
        <span className="hidden print:inline">{` · ${result.id}`}</span>
      </p>
      {result.saved && (
        <div className="flex flex-wrap items-center gap-2 print:hidden">
          <Neighbours newer={record.newer_id} older={record.older_id} />
          <DeleteResult id={result.id} />
        </div>
      )}
      {!hasRecord(result) && (
        <p className="rounded-sm bg-uncertain-soft px-3 py-1.5 text-sm print:hidden">
          {t("not_saved")}
        </p>
      )}
    </div>
  );
}
