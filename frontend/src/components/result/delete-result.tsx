"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useId, useRef } from "react";
import { Problem } from "@/components/shared/problem";
import { Button } from "@/components/ui/button";
import { send } from "@/lib/api/client";
import { forgetAnswer } from "@/lib/session";

/** Deletes the result for good, once that is confirmed. */
export function DeleteResult({ id }: { id: string }) {
  const t = useTranslations("result.delete");
  const common = useTranslations("common");
  const title = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const remove = useRemoval(id);
  return (
    <>
      <Button
        variant="ghost"
        size="sm"
        aria-haspopup="dialog"
        onClick={() => dialog.current?.showModal()}
      >
        <Trash2 aria-hidden="true" />
        {common("delete")}
      </Button>
      <dialog
        ref={dialog}
        aria-labelledby={title}
        className="m-auto max-w-md rounded-lg border border-edge bg-surface p-6 text-ink backdrop:bg-ground/70"
      >
        <h2 id={title} className="font-semibold text-lg">
          {t("title")}
        </h2>
        <p className="mt-2 text-muted text-sm">{t("text")}</p>
        {remove.isError && <Problem error={remove.error} />}
        <div className="mt-6 flex flex-wrap justify-end gap-3">
          <Button variant="outline" onClick={() => dialog.current?.close()}>
            {common("cancel")}
          </Button>
          <Button variant="danger" aria-disabled={remove.isPending} onClick={() => remove.mutate()}>
            {t("confirm")}
          </Button>
        </div>
      </dialog>
    </>
  );
}

function useRemoval(id: string) {
  const client = useQueryClient();
  const router = useRouter();
  return useMutation({
    mutationFn: () => send<null>("DELETE", `/history/${id}`),
    onSuccess: async () => {
      router.push("/history");
      forgetAnswer(client, id);
      // Its own page must not ask for it while it is being left.
      await client.invalidateQueries({
        queryKey: ["history"],
        predicate: ({ queryKey }) => queryKey[2] !== id,
      });
    },
  });
}
