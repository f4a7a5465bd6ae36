import { useTranslations } from "next-intl";

/** Stands for a part that is loaded late where the network is gone, so that the rest of the page stays. */
export function NotLoaded() {
  const t = useTranslations("common");
  return (
    <p role="status" className="text-muted">
      {t("not_loaded")}
    </p>
  );
}
