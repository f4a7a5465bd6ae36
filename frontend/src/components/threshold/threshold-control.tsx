import { useTranslations } from "next-intl";
import { PLOT_INSET } from "@/components/threshold/plot";
import { useFigures } from "@/components/threshold/use-figures";
import { useOperatingPointLabel } from "@/hooks/use-operating-point-label";
import type { ModelFacts } from "@/lib/api/model-facts";
import { cn } from "@/lib/class-names";
import { type Choice, type Chosen, nearestIndex } from "@/lib/threshold/threshold";

interface ThresholdControlProps {
  facts: ModelFacts;
  chosen: Chosen;
  onChoose: (choice: Choice) => void;
}

// The thumb is 1 rem wide and stops half of that before an end, so the track is that much longer
// than the axis above it.
const RANGE =
  "-mx-2 h-8 w-[calc(100%+1rem)] cursor-pointer appearance-none bg-transparent " +
  "[&::-webkit-slider-runnable-track]:h-1 [&::-webkit-slider-runnable-track]:rounded-full " +
  "[&::-webkit-slider-runnable-track]:bg-edge [&::-webkit-slider-thumb]:-mt-1.5 " +
  "[&::-webkit-slider-thumb]:size-4 [&::-webkit-slider-thumb]:appearance-none " +
  "[&::-webkit-slider-thumb]:rounded-full [&::-webkit-slider-thumb]:bg-accent " +
  "[&::-moz-range-track]:h-1 [&::-moz-range-track]:rounded-full [&::-moz-range-track]:bg-edge " +
  "[&::-moz-range-thumb]:size-4 [&::-moz-range-thumb]:rounded-full " +
  "[&::-moz-range-thumb]:border-0 [&::-moz-range-thumb]:bg-accent";

/** The measured thresholds as a slider under the chart's axis, and the operating points. */
export function ThresholdControl({ facts, chosen, onChoose }: ThresholdControlProps) {
  const t = useTranslations("threshold");
  const { share, threshold } = useFigures();
  return (
    <div className="grid gap-3">
      <div className={PLOT_INSET}>
        <input
          type="range"
          min={0}
          max={facts.thresholdCurve.length - 1}
          value={nearestIndex(facts.thresholdCurve, chosen.threshold)}
          onChange={(event) => onChoose(event.target.valueAsNumber)}
          aria-label={t("slider")}
          aria-valuetext={t("slider_value", {
            threshold: threshold(chosen.threshold),
            sensitivity: share(chosen.sensitivity),
            specificity: share(chosen.specificity),
          })}
          className={RANGE}
        />
      </div>
      <OperatingPointButtons facts={facts} chosen={chosen} onChoose={onChoose} />
    </div>
  );
}

function OperatingPointButtons({ facts, chosen, onChoose }: ThresholdControlProps) {
  const t = useTranslations("threshold");
  const nameOf = useOperatingPointLabel();
  const { threshold } = useFigures();
  return (
    <fieldset className="flex flex-wrap items-center gap-2">
      <legend className="mb-1 text-muted text-xs">{t("points")}</legend>
      {Object.entries(facts.operatingPoints).map(([name, point]) => (
        <button
          key={name}
          type="button"
          aria-pressed={name === chosen.name}
          onClick={() => onChoose(name)}
          className={cn(
            "flex min-h-8 items-center gap-2 rounded-md border px-3 py-1 font-medium text-sm",
            name === chosen.name
              ? "border-accent bg-accent-soft"
              : "border-edge bg-surface hover:bg-raised",
          )}
        >
          {nameOf(name)}
          <span className="font-normal text-muted">{threshold(point.threshold)}</span>
        </button>
      ))}
    </fieldset>
  );
}
