"use client";

import { useTranslations } from "next-intl";
import { cn } from "@/lib/class-names";
import type { HistoryFilters } from "@/lib/history/filters";

const PLACES = Array.from({ length: 12 }, (_, place) => place);

/** Rows or pictures to come, in their sizes. */
export function HistorySkeleton({ view }: Pick<HistoryFilters, "view">) {
  const t = useTranslations("common");
  return (
    <>
      <p role="status" className="mb-3 min-h-9 content-center text-muted text-sm">
        {t("loading")}
      </p>
      {view !== "table" && (
        <div
          aria-hidden="true"
          className={cn(
            "mt-12 grid grid-cols-[repeat(auto-fill,minmax(8.5rem,1fr))] gap-x-3 gap-y-4 sm:grid-cols-[repeat(auto-fill,minmax(11rem,1fr))]",
            view === null && "sm:hidden",
          )}
        >
          {PLACES.map((place) => (
            <div key={place} className="mb-12 aspect-square rounded-sm bg-raised" />
          ))}
        </div>
      )}
      {view !== "grid" && (
        <div aria-hidden="true" className={cn("border-y pt-10", view === null && "max-sm:hidden")}>
          {PLACES.map((place) => (
            <div key={place} className="flex h-[3.3125rem] items-center gap-4 border-t px-2">
              <div className="ml-10 size-10 bg-raised" />
              <div className="h-4 w-24 rounded-sm bg-raised" />
              <div className="h-4 flex-1 rounded-sm bg-raised" />
            </div>
          ))}
        </div>
      )}
    </>
  );
}
