import { useTranslations } from "next-intl";
import { Button } from "@/components/ui/button";
import type { Annotations } from "@/components/viewer/use-annotations";

/** A file of outlines to be drawn beside the model's. */
export function AnnotationsField({ annotations }: { annotations: Annotations }) {
  const t = useTranslations("result.annotations");
  const { shown, refused, read, clear } = annotations;
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2 text-sm print:hidden">
      <label
        title={t("hint")}
        className="inline-flex min-h-8 items-center rounded-md border border-edge px-3 py-1 font-medium hover:bg-raised has-focus-visible:outline-2 has-focus-visible:outline-accent has-focus-visible:outline-offset-2"
      >
        <input
          type="file"
          accept=".geojson,.json,application/geo+json,application/json"
          className="sr-only"
          onChange={(event) => {
            const file = event.target.files?.[0];
            if (file) {
              read(file);
            }
            // The same file can be chosen again.
            event.target.value = "";
          }}
        />
        {t("choose")}
      </label>
      <p role="status" className="wrap-anywhere min-w-0 empty:hidden">
        {refused ? (
          <span className="text-malignant">
            {t(`refused.${refused.reason}`, { name: refused.name })}
          </span>
        ) : (
          shown &&
          t("shown", {
            count: shown.polygons.length,
            name: shown.name,
            outside: shown.outside,
          })
        )}
      </p>
      {shown && (
        <Button variant="link" size="bare" onClick={clear}>
          {t("clear")}
        </Button>
      )}
    </div>
  );
}
