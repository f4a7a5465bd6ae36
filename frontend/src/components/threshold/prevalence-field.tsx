import { useTranslations } from "next-intl";
import { useId } from "react";
import { useFigures } from "@/components/threshold/use-figures";
import { Button } from "@/components/ui/button";

interface PrevalenceFieldProps {
  text: string;
  isInvalid: boolean;
  /** Share of carcinoma among the held-out patches; null if unmeasured. */
  measured: number | null;
  onChange: (text: string) => void;
  /** Null where the measured prevalence is in use already, or there is none. */
  onReset: (() => void) | null;
}

/** The prevalence in percent, as a person types it. */
export function PrevalenceField(props: PrevalenceFieldProps) {
  const { text, isInvalid, measured, onChange, onReset } = props;
  const t = useTranslations("threshold");
  const { share } = useFigures();
  const [input, hint] = [useId(), useId()];
  const known =
    measured === null
      ? t("prevalence_unknown")
      : t("prevalence_hint", { prevalence: share(measured) });
  return (
    <div className="grid justify-items-start gap-1">
      <label htmlFor={input} className="font-medium text-sm">
        {t("prevalence")}
      </label>
      <div className="flex flex-wrap items-center gap-2">
        <input
          id={input}
          inputMode="decimal"
          autoComplete="off"
          value={text}
          onChange={(event) => onChange(event.target.value)}
          aria-invalid={isInvalid}
          aria-describedby={hint}
          className="h-8 w-20 rounded-md border border-edge bg-surface px-2 text-right aria-invalid:border-malignant"
        />
        <span aria-hidden="true">%</span>
        {onReset && (
          <Button variant="ghost" size="sm" onClick={onReset}>
            {t("prevalence_reset")}
          </Button>
        )}
      </div>
      <p
        id={hint}
        aria-live="polite"
        className={isInvalid ? "text-malignant text-sm" : "text-muted text-sm"}
      >
        {isInvalid ? t("prevalence_invalid") : known}
      </p>
    </div>
  );
}
