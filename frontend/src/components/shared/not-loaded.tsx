import { useTranslations } from "next-intl";

/** Replaces a lazily loaded part if the network is lost, so that the rest of the page stays. */
export function NotLoaded() {
  const t = useTranslations("common");
  return (
    <p role="status" className="text-muted">
      {t("not_loaded")}
    </p>
  );
}
