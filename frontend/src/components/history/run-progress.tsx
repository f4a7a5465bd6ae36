"use client";

import { useTranslations } from "next-intl";
import type { Run } from "@/components/history/use-each";

/** Progress of an action on many records. */
export function RunProgress({ progress }: Pick<Run, "progress">) {
  const t = useTranslations("history.selection");
  return (
    progress && (
      <label className="grid gap-1 text-sm">
        {t("progress", progress)}
        <progress
          max={progress.total}
          value={progress.done}
          className="w-full accent-(--color-accent)"
        />
      </label>
    )
  );
}
