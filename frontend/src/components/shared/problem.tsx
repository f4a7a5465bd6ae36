"use client";

import { CircleAlert } from "lucide-react";
import { useTranslations } from "next-intl";
import { Button } from "@/components/ui/button";
import { useErrorMessage } from "@/hooks/use-error-message";
import { ApiError } from "@/lib/api/error";

interface ProblemProps {
  error: unknown;
  /** Retries; offered only if that can help. */
  onRetry?: () => void;
}

/** An error and its remedy. */
export function Problem({ error, onRetry }: ProblemProps) {
  const t = useTranslations("common");
  const messageOf = useErrorMessage();
  const code = error instanceof ApiError ? error.code : "internal_error";
  const mayPass = !(error instanceof ApiError) || error.mayPass;
  return (
    <div
      role="alert"
      data-code={code}
      className="flex items-start gap-3 rounded-lg border border-edge bg-surface p-4"
    >
      <CircleAlert className="mt-0.5 size-5 shrink-0 text-malignant" aria-hidden="true" />
      <div className="grid gap-2">
        <p className="font-medium">{t("problem")}</p>
        <p className="text-muted text-sm">{messageOf(error)}</p>
        {onRetry && mayPass && (
          <Button variant="outline" size="sm" className="justify-self-start" onClick={onRetry}>
            {t("retry")}
          </Button>
        )}
      </div>
    </div>
  );
}
