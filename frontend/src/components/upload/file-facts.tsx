"use client";

import { useTranslations } from "next-intl";
import { useFileSize } from "@/hooks/use-file-size";
import type { Upload } from "@/lib/upload/uploads";

/** A file's name, which stays in this browser, its size, and its options. */
export function FileFacts({ upload: { file, options } }: { upload: Upload }) {
  const t = useTranslations("upload");
  const bytes = useFileSize();
  const facts = [bytes(file.size), ...(options.save ? [] : [t("not_saved")])];
  return (
    <div className="min-w-0">
      <p className="truncate font-medium text-sm" title={file.name}>
        {file.name}
      </p>
      <p className="text-muted text-xs">{facts.join(" · ")}</p>
    </div>
  );
}
