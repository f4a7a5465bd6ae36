import { useTranslations } from "next-intl";

/** The parts of the page, in their order; each is its own anchor. */
export const SECTIONS = [
  "overview",
  "figures",
  "threshold",
  "curves",
  "cases",
  "conditions",
  "data",
  "map",
  "limits",
  "requests",
  "files",
] as const;

export type SectionName = (typeof SECTIONS)[number];

export function Contents() {
  const t = useTranslations("model");
  return (
    <nav aria-label={t("contents")} className="hidden lg:block print:hidden">
      <div className="sticky top-20 grid gap-2 border-t pt-6 text-sm">
        <p className="font-medium">{t("contents")}</p>
        <ol className="grid">
          {SECTIONS.map((name) => (
            <li key={name}>
              <a href={`#${name}`} className="block py-1 text-muted hover:text-ink hover:underline">
                {t(`section.${name}`)}
              </a>
            </li>
          ))}
        </ol>
      </div>
    </nav>
  );
}
