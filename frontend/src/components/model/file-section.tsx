import { useTranslations } from "next-intl";
import { Facts } from "@/components/model/section";

export function FileSection({ hashes }: { hashes: Readonly<Record<string, string>> }) {
  const t = useTranslations("model.files");
  return (
    <>
      <p className="max-w-[68ch]">{t("text")}</p>
      <Facts
        facts={Object.entries(hashes).map(([file, hash]) => ({
          term: file,
          value: <code className="break-all">{hash}</code>,
        }))}
      />
    </>
  );
}
