"use client";

import { FilterBar } from "@/components/history/filter-bar";
import { HistorySkeleton } from "@/components/history/history-skeleton";
import { Results } from "@/components/history/results";
import { useAddress } from "@/hooks/use-address";
import { useTimeZone } from "@/hooks/use-time-zone";
import { addressOf, filtersOf, type HistoryFilters } from "@/lib/history/filters";

/** The visitor's records; filters and order are in the address. */
export function History() {
  const [address, go] = useAddress();
  const zone = useTimeZone();
  const filters = filtersOf(address);
  const change = (part: Partial<HistoryFilters>) =>
    go((now) => addressOf({ ...filtersOf(now), ...part }));
  return (
    <>
      <FilterBar filters={filters} onChange={change} />
      <div className="mt-4 min-h-[75dvh]">
        {zone ? (
          <Results filters={filters} zone={zone} onChange={change} />
        ) : (
          <HistorySkeleton view={filters.view} />
        )}
      </div>
    </>
  );
}
