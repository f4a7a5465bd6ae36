"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { ConfirmDialog } from "@/components/shared/confirm-dialog";
import { Problem } from "@/components/shared/problem";
import { Button, DownloadLink } from "@/components/ui/button";
import { apiPath, send } from "@/lib/api/client";
import { statisticsQuery } from "@/lib/api/queries";
import { leaveThisBrowser } from "@/lib/history/leave";
import { forgetEveryResult } from "@/lib/result/session";

const ACTS = ["replace", "leave", "delete"] as const;
type Act = (typeof ACTS)[number];

const REQUESTS: Readonly<Record<Act, readonly ["POST" | "DELETE", string]>> = {
  replace: ["POST", "/visitor/token"],
  leave: ["DELETE", "/visitor/token"],
  delete: ["DELETE", "/history"],
};

/** Information about the visitor's history, with export of all records, sign-out and deletion. */
export function OwnHistory() {
  const t = useTranslations("history.own");
  const [asked, setAsked] = useState<Act | null>(null);
  return (
    <div className="mt-8 flex flex-wrap items-center gap-x-4 gap-y-2 text-muted text-sm print:hidden">
      <p className="max-w-prose">{t("note")}</p>
      <div className="flex flex-wrap gap-2">
        <DownloadLink variant="outline" size="sm" href={apiPath("/history/export.zip")}>
          <Download aria-hidden="true" />
          {t("download")}
        </DownloadLink>
        {ACTS.map((act) => (
          <Button
            key={act}
            variant={variantOf(act)}
            size="sm"
            aria-haspopup="dialog"
            onClick={() => setAsked(act)}
          >
            {t(`${act}.open`)}
          </Button>
        ))}
      </div>
      {asked && <Question act={asked} onClose={() => setAsked(null)} />}
    </div>
  );
}

function Question({ act, onClose }: { act: Act; onClose: () => void }) {
  const t = useTranslations(`history.own.${act}`);
  const common = useTranslations("common");
  const { isPending, isError, error, mutate } = useAct(act, onClose);
  return (
    <ConfirmDialog
      title={t("title")}
      description={act === "delete" ? <WhatIsDeleted /> : t("text")}
      onClose={() => isPending || onClose()}
    >
      {isError && <Problem error={error} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button variant="outline" disabled={isPending} onClick={onClose}>
          {common("cancel")}
        </Button>
        <Button variant={variantOf(act)} disabled={isPending} onClick={() => mutate()}>
          {isPending ? t("pending") : t("confirm")}
        </Button>
      </div>
    </ConfirmDialog>
  );
}

function WhatIsDeleted() {
  const t = useTranslations("history.own.delete");
  const { data } = useQuery({ ...statisticsQuery({}), staleTime: 0 });
  return data ? t("text_count", { count: data.total + data.duplicates }) : t("text");
}

function useAct(act: Act, onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => send<unknown>(...REQUESTS[act]),
    onSuccess: async () => {
      if (act === "leave") {
        await leaveThisBrowser(client);
        return;
      }
      if (act === "delete") {
        forgetEveryResult(client);
      }
      await client.invalidateQueries({ queryKey: ["history"] });
      onDone();
    },
  });
}

function variantOf(act: Act) {
  return act === "replace" ? "outline" : "danger";
}
