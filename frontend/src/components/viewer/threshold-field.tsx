import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useId } from "react";
import { useFigures } from "@/components/threshold/use-figures";
import type { ThresholdState } from "@/components/threshold/use-threshold";
import { Button } from "@/components/ui/button";
import { modelQuery } from "@/lib/api/queries";
import type { PredictionResult } from "@/lib/api/schema";
import { cn } from "@/lib/class-names";
import { nearestIndex } from "@/lib/threshold/threshold";

interface ThresholdFieldProps {
  result: PredictionResult;
  threshold: ThresholdState;
}

/** The threshold under the image: outlines, colours, figures and list follow it. */
export function ThresholdField({ result, threshold }: ThresholdFieldProps) {
  const t = useTranslations("result.viewer");
  const figures = useFigures();
  const id = useId();
  const { data: model } = useQuery(modelQuery);
  const { rule, isMoved, choose } = threshold;
  if (!model || model.thresholdCurve.length === 0) {
    return null;
  }
  const text = figures.threshold(rule.threshold);
  return (
    <div className="grid w-52 gap-1 text-xs print:hidden">
      <div className="flex justify-between gap-2">
        <label htmlFor={id} className="text-muted">
          {t("threshold")}
        </label>
        <output htmlFor={id} className="font-semibold">
          {text}
        </output>
      </div>
      <input
        id={id}
        type="range"
        min={0}
        max={model.thresholdCurve.length - 1}
        value={nearestIndex(model.thresholdCurve, rule.threshold)}
        aria-valuetext={text}
        onChange={(event) => choose(event.target.valueAsNumber)}
        className="h-5 w-full accent-accent"
      />
      <Button
        variant="link"
        size="bare"
        className={cn("justify-self-end text-xs", !isMoved && "invisible")}
        onClick={() => choose(null)}
      >
        {t("threshold_reset", { threshold: figures.threshold(result.threshold) })}
      </Button>
    </div>
  );
}
