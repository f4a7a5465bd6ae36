"use client";

import { useQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useTranslations } from "next-intl";
import { FilterDetails, type FilterProps } from "@/components/history/filter-details";
import { DelayedField } from "@/components/shared/delayed-field";
import { VERDICT_TEXT, VerdictMark } from "@/components/shared/verdict-badge";
import { Button } from "@/components/ui/button";
import { foldersQuery } from "@/lib/api/queries";
import { cn } from "@/lib/class-names";
import { isFiltered, SORTS, VERDICTS, withoutFilters } from "@/lib/history/filters";

/** Which records are shown, and in which order. */
export function FilterBar({ filters, onChange }: FilterProps) {
  const t = useTranslations("history.filters");
  return (
    <search aria-label={t("label")} className="mt-4 grid grid-cols-1 gap-3 print:hidden">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <SearchField filters={filters} onChange={onChange} />
        <VerdictChoice filters={filters} onChange={onChange} />
        <FolderChoice filters={filters} onChange={onChange} />
        <SortChoice filters={filters} onChange={onChange} />
        {isFiltered(filters) && (
          <Button variant="link" size="bare" onClick={() => onChange(withoutFilters(filters))}>
            {t("clear")}
          </Button>
        )}
      </div>
      <FilterDetails filters={filters} onChange={onChange} />
    </search>
  );
}

function SearchField({ filters, onChange }: FilterProps) {
  const t = useTranslations("history.filters");
  return (
    <div className="relative w-full sm:w-80">
      <Search
        aria-hidden="true"
        className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-muted"
      />
      <DelayedField
        type="search"
        aria-label={t("search")}
        placeholder={t("search_hint")}
        maxLength={100}
        value={filters.search}
        read={trimmed}
        onCommit={(search) => onChange({ search })}
        className="w-full pl-8"
      />
    </div>
  );
}

function trimmed(text: string): string {
  return text.trim();
}

function VerdictChoice({ filters, onChange }: FilterProps) {
  const t = useTranslations("history.filters");
  const verdicts = useTranslations("common.verdict");
  return (
    <fieldset className="flex flex-wrap gap-px overflow-hidden rounded-md border border-edge bg-line text-sm">
      <legend className="sr-only">{t("verdict")}</legend>
      {VERDICTS.map((verdict) => {
        const isChosen = filters.verdicts.includes(verdict);
        const others = filters.verdicts.filter((other) => other !== verdict);
        return (
          <button
            key={verdict}
            type="button"
            aria-pressed={isChosen}
            onClick={() => onChange({ verdicts: isChosen ? others : [...others, verdict] })}
            className={cn(
              "flex min-h-9 flex-auto items-center gap-1.5 px-2.5 sm:px-3",
              isChosen
                ? "bg-accent-soft text-accent-strong"
                : "bg-surface text-muted hover:text-ink",
            )}
          >
            <VerdictMark verdict={verdict} className={VERDICT_TEXT[verdict]} />
            {verdicts(verdict)}
          </button>
        );
      })}
    </fieldset>
  );
}

/** The choice of a folder; hidden until the visitor has one. */
function FolderChoice({ filters: { folder }, onChange }: FilterProps) {
  const t = useTranslations("history.filters");
  const { data: folders = [] } = useQuery(foldersQuery);
  const names = folders.map(({ name }) => name);
  const offered = folder === null || names.includes(folder) ? names : [folder, ...names];
  return (
    offered.length > 0 && (
      <label className="flex min-w-0 items-center gap-2 text-sm">
        <span className="text-muted">{t("folder")}</span>
        <select
          value={folder ?? ""}
          onChange={({ target: { value } }) => onChange({ folder: value || null })}
          className="min-h-9 min-w-0 max-w-56 rounded-md border border-edge bg-surface px-2"
        >
          <option value="">{t("any")}</option>
          {offered.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
    )
  );
}

function SortChoice({ filters, onChange }: FilterProps) {
  const t = useTranslations("history.filters");
  return (
    <label className="flex min-w-0 items-center gap-2 text-sm">
      <span className="text-muted">{t("sort")}</span>
      <select
        value={filters.sort}
        onChange={({ target: { value } }) =>
          onChange({ sort: SORTS.find((sort) => sort === value) ?? "newest" })
        }
        className="min-h-9 min-w-0 rounded-md border border-edge bg-surface px-2"
      >
        {SORTS.map((sort) => (
          <option key={sort} value={sort}>
            {t(`sort_by.${sort}`)}
          </option>
        ))}
      </select>
    </label>
  );
}
