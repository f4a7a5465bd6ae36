"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { ConfirmDialog } from "@/components/shared/confirm-dialog";
import { Problem } from "@/components/shared/problem";
import { Button } from "@/components/ui/button";
import { send } from "@/lib/api/client";
import { forgetResult } from "@/lib/result/session";

/** Deletes the result for good, once that is confirmed. */
export function DeleteResult({ id }: { id: string }) {
  const common = useTranslations("common");
  const [isAsking, setIsAsking] = useState(false);
  return (
    <>
      <Button variant="ghost" size="sm" aria-haspopup="dialog" onClick={() => setIsAsking(true)}>
        <Trash2 aria-hidden="true" />
        <span className="sr-only sm:not-sr-only">{common("delete")}</span>
      </Button>
      {isAsking && <Question id={id} onClose={() => setIsAsking(false)} />}
    </>
  );
}

function Question({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useTranslations("result.delete");
  const common = useTranslations("common");
  const removal = useRemoval(id);
  return (
    <ConfirmDialog
      title={t("title")}
      description={t("text")}
      onClose={() => removal.isPending || onClose()}
    >
      {removal.isError && <Problem error={removal.error} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button variant="outline" disabled={removal.isPending} onClick={onClose}>
          {common("cancel")}
        </Button>
        <Button variant="danger" disabled={removal.isPending} onClick={() => removal.mutate()}>
          {t("confirm")}
        </Button>
      </div>
    </ConfirmDialog>
  );
}

function useRemoval(id: string) {
  const client = useQueryClient();
  const router = useRouter();
  return useMutation({
    mutationFn: () => send<null>("DELETE", `/history/${id}`),
    onSuccess: async () => {
      router.push("/history");
      forgetResult(client, id);
      // Its page must not reload it while the visitor is leaving.
      await client.invalidateQueries({
        queryKey: ["history"],
        predicate: ({ queryKey }) => queryKey[2] !== id,
      });
    },
  });
}
