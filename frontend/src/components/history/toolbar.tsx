"use client";

import { Download } from "lucide-react";
import { useTranslations } from "next-intl";
import type { FilterProps } from "@/components/history/filter-details";
import { Segmented } from "@/components/shared/segmented";
import { DownloadLink } from "@/components/ui/button";
import { apiPath, type Query } from "@/lib/api/client";
import { VIEWS, type View } from "@/lib/history/filters";

interface ToolbarProps extends Pick<FilterProps, "onChange"> {
  view: View;
  /** How many records are loaded. */
  count: number;
  /** Whether there are no others. */
  isAll: boolean;
  /** The filters of the records. */
  query: Query;
}

export function Toolbar({ count, isAll, query, view, onChange }: ToolbarProps) {
  const t = useTranslations("history");
  return (
    <div className="mb-3 flex min-h-9 flex-wrap items-center gap-x-4 gap-y-2">
      <p role="status" className="text-muted text-sm">
        {t(isAll ? "count_all" : "count_some", { count })}
      </p>
      <div className="ml-auto flex flex-wrap items-center gap-2 print:hidden">
        {(["csv", "json"] as const).map((format) => (
          <DownloadLink
            key={format}
            variant="ghost"
            size="sm"
            href={apiPath(`/history/export.${format}`, query)}
          >
            <Download aria-hidden="true" />
            {format.toUpperCase()}
          </DownloadLink>
        ))}
        <Segmented
          label={t("view.label")}
          options={VIEWS.map((value) => ({ value, text: t(`view.${value}`) }))}
          value={view}
          onChange={(chosen) => onChange({ view: chosen })}
        />
      </div>
    </div>
  );
}
