import { useFormatter, useTranslations } from "next-intl";
import { Facts } from "@/components/model/section";
import type { ModelReport } from "@/lib/api/schema";
import { writtenName } from "@/lib/upload/formats";

interface RequestSectionProps {
  report: ModelReport;
  apiUrl: string;
}

export function RequestSection({ report: { limits, inference }, apiUrl }: RequestSectionProps) {
  const t = useTranslations("model.requests");
  const format = useFormatter();
  const megabytes = (bytes: number) =>
    format.number(bytes / (1024 * 1024), {
      style: "unit",
      unit: "megabyte",
      maximumFractionDigits: 1,
    });
  const docs = `${apiUrl}/docs`;
  const facts = [
    { term: t("formats"), value: limits.formats.map(writtenName).join(", ") },
    {
      term: t("upload"),
      value: t("upload_value", {
        bytes: megabytes(limits.max_upload_bytes),
        pixels: format.number(limits.max_pixels / 1e6, { maximumFractionDigits: 1 }),
      }),
    },
    {
      term: t("batch"),
      value: t("batch_value", {
        files: limits.max_batch_files,
        bytes: megabytes(limits.max_batch_bytes),
      }),
    },
    {
      term: t("scale"),
      value: t("scale_value", { microns: format.number(inference.microns_per_pixel) }),
    },
    {
      term: t("api"),
      value: (
        <a
          href={docs}
          className="break-all text-accent underline underline-offset-4 hover:text-accent-strong"
        >
          {docs}
        </a>
      ),
    },
  ];
  return <Facts facts={facts} />;
}
