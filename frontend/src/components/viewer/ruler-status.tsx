import { useTranslations } from "next-intl";
import type { Ruler } from "@/components/viewer/use-ruler";

/** The ruler's instruction, or its measurement. */
export function RulerStatus({ ruler }: { ruler: Ruler }) {
  const t = useTranslations("result.ruler");
  const { isOn, from, to, lengthOf } = ruler;
  const text = from ? t("second") : t("first");
  return (
    <p
      role="status"
      className="pointer-events-none absolute top-14 left-3 rounded-sm bg-surface px-2 py-1 text-sm empty:hidden sm:top-3 print:hidden"
    >
      {isOn && (from && to ? t("length", { length: lengthOf(from, to) }) : text)}
    </p>
  );
}
