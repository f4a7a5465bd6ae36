"use client";

import { useTranslations } from "next-intl";
import { useByteWords } from "@/components/upload/use-byte-words";
import type { Upload } from "@/lib/upload/uploads";

/** A file's name, which stays in this browser, its size, and what was asked for it. */
export function FileFacts({ upload: { file, options } }: { upload: Upload }) {
  const t = useTranslations("home");
  const bytes = useByteWords();
  const facts = [bytes(file.size), ...(options.save ? [] : [t("not_kept")])];
  return (
    <div className="min-w-0">
      <p className="truncate font-medium text-sm" title={file.name}>
        {file.name}
      </p>
      <p className="text-muted text-xs">{facts.join(" · ")}</p>
    </div>
  );
}
