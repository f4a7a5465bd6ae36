import { useTranslations } from "next-intl";
import type { Messages } from "@/i18n/messages";

type PointName = keyof Messages["common"]["operating_point"];

/** Names an operating point in the visitor's language; null means a custom threshold. */
export function useOperatingPointLabel(): (point: string | null) => string {
  const t = useTranslations("common.operating_point");
  return (point) => {
    const name = point ?? "own";
    return t.has(name as PointName) ? t(name as PointName) : name;
  };
}
