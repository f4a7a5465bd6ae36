"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { EmptyHistory, NothingFound } from "@/components/history/empty-history";
import { HistorySkeleton } from "@/components/history/history-skeleton";
import { OwnHistory } from "@/components/history/own-history";
import { ResultGrid } from "@/components/history/result-grid";
import { ResultTable } from "@/components/history/result-table";
import { SelectionBar } from "@/components/history/selection-bar";
import { Toolbar } from "@/components/history/toolbar";
import { useFolds } from "@/components/history/use-folds";
import { useRecordText } from "@/components/history/use-record-text";
import { useView } from "@/components/history/use-view";
import { Problem } from "@/components/shared/problem";
import { Button } from "@/components/ui/button";
import type { HistoryItem } from "@/lib/api/schema";
import {
  addressOf,
  filterQuery,
  type HistoryFilters,
  isFiltered,
  withoutFilters,
} from "@/lib/history/filters";
import { historyPages } from "@/lib/history/query";

const NONE: ReadonlySet<string> = new Set();
const NO_ITEMS: readonly HistoryItem[] = [];

interface ResultsProps {
  filters: HistoryFilters;
  zone: string;
  /** Called with the changed values. */
  onChange: (part: Partial<HistoryFilters>) => void;
}

/** The filtered records and their actions. */
export function Results({ filters, zone, onChange }: ResultsProps) {
  const query = filterQuery(filters, zone);
  const pages = useInfiniteQuery({
    ...historyPages({ ...query, sort: filters.sort }),
    placeholderData: keepPreviousData,
  });
  const text = useRecordText(zone);
  const [selected, setSelected] = useSelection(filters);
  const items = pages.data?.pages.flatMap((page) => page.items);
  const view = useView(filters.view);
  const [entries, toggleFold] = useFolds(items ?? NO_ITEMS);
  if (!items) {
    return pages.error ? (
      <Problem error={pages.error} onRetry={pages.refetch} />
    ) : (
      <HistorySkeleton view={filters.view} />
    );
  }
  if (items.length === 0) {
    return isFiltered(filters) ? (
      <NothingFound onClear={() => onChange(withoutFilters(filters))} />
    ) : (
      <EmptyHistory />
    );
  }
  const Shape = view === "grid" ? ResultGrid : ResultTable;
  const chosen = items.filter(({ id }) => selected.has(id));
  return (
    <div aria-busy={pages.isPlaceholderData}>
      <Toolbar
        count={items.length}
        isAll={!pages.hasNextPage}
        query={query}
        view={view}
        onChange={onChange}
      />
      <Shape {...{ items, entries, text, selected }} onSelect={setSelected} onFold={toggleFold} />
      <More
        error={pages.error}
        onRetry={pages.isFetchNextPageError ? pages.fetchNextPage : pages.refetch}
        isLoading={pages.isFetchingNextPage}
        onMore={pages.hasNextPage ? pages.fetchNextPage : null}
      />
      <OwnHistory />
      <SelectionBar chosen={chosen} text={text} onSelect={setSelected} />
    </div>
  );
}

/** The selected ids; the selection is cleared when the filters change. */
function useSelection(filters: HistoryFilters) {
  const [selection, setSelection] = useState({ under: "", ids: NONE });
  const under = addressOf({ ...filters, view: null }).toString();
  const select = (ids: ReadonlySet<string>) => setSelection({ under, ids });
  return [selection.under === under ? selection.ids : NONE, select] as const;
}

interface MoreProps {
  error: unknown;
  onRetry: () => unknown;
  isLoading: boolean;
  /** Loads the next page; null after the last. */
  onMore: (() => unknown) | null;
}

function More({ error, onRetry, isLoading, onMore }: MoreProps) {
  const t = useTranslations("history");
  if (error) {
    return <Problem error={error} onRetry={() => void onRetry()} />;
  }
  return onMore ? (
    <div className="mt-4 grid justify-items-center print:hidden">
      <Button variant="outline" aria-disabled={isLoading} onClick={() => isLoading || onMore()}>
        {isLoading ? t("loading_more") : t("more")}
      </Button>
    </div>
  ) : null;
}
