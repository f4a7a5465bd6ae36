"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { ConfirmDialog } from "@/components/shared/confirm-dialog";
import { Problem } from "@/components/shared/problem";
import { Button } from "@/components/ui/button";
import { send } from "@/lib/api/client";
import { statisticsQuery } from "@/lib/api/queries";
import type { Deleted } from "@/lib/api/schema";
import { forgetEveryResult } from "@/lib/result/session";

/** Whose these records are, and how all of them go. */
export function DeleteEverything() {
  const t = useTranslations("history.everything");
  const [isAsking, setIsAsking] = useState(false);
  return (
    <div className="mt-8 flex flex-wrap items-center gap-x-4 gap-y-2 text-muted text-sm print:hidden">
      <p className="max-w-prose">{t("note")}</p>
      <Button variant="danger" size="sm" onClick={() => setIsAsking(true)}>
        {t("open")}
      </Button>
      {isAsking && <Question onClose={() => setIsAsking(false)} />}
    </div>
  );
}

function Question({ onClose }: { onClose: () => void }) {
  const t = useTranslations("history.everything");
  const common = useTranslations("common");
  const client = useQueryClient();
  const { data } = useQuery({ ...statisticsQuery({}), staleTime: 0 });
  const deletion = useMutation({
    mutationFn: () => send<Deleted>("DELETE", "/history"),
    onSuccess: async () => {
      forgetEveryResult(client);
      await client.invalidateQueries({ queryKey: ["history"] });
      onClose();
    },
  });
  return (
    <ConfirmDialog
      title={t("title")}
      description={data ? t("text_count", { count: data.total + data.duplicates }) : t("text")}
      onClose={() => deletion.isPending || onClose()}
    >
      {deletion.isError && <Problem error={deletion.error} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button variant="outline" disabled={deletion.isPending} onClick={onClose}>
          {common("cancel")}
        </Button>
        <Button variant="danger" disabled={deletion.isPending} onClick={() => deletion.mutate()}>
          {deletion.isPending ? t("pending") : t("confirm")}
        </Button>
      </div>
    </ConfirmDialog>
  );
}
