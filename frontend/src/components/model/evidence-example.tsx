import { useFormatter, useTranslations } from "next-intl";
import { cn } from "@/lib/class-names";
import { withMinus } from "@/lib/figures";
import { INVENTED_MAP, meanOf, sigmoid } from "@/lib/model/evidence";
import { FULL_SCALE_LOGIT } from "@/lib/result/colours";

/** A made-up map in numbers, and as it would be drawn. */
export function EvidenceExample() {
  const t = useTranslations("model.map");
  const format = useFormatter();
  const logit = (value: number) =>
    withMinus(
      format.number(value, {
        signDisplay: "exceptZero",
        minimumFractionDigits: 1,
        maximumFractionDigits: 2,
      }),
    );
  const cells = INVENTED_MAP.flat();
  const mean = meanOf(INVENTED_MAP);
  const numbers = t("summary", {
    rows: INVENTED_MAP.length,
    columns: INVENTED_MAP[0]?.length ?? 0,
    least: logit(Math.min(...cells)),
    greatest: logit(Math.max(...cells)),
    mean: logit(mean),
  });
  const drawn = t("drawn_summary", { count: cells.filter((cell) => cell > 0).length });
  return (
    <figure className="grid gap-4">
      <div className="flex flex-wrap items-end gap-x-12 gap-y-6">
        <Grid title={t("numbers")} summary={numbers} write={logit} />
        <Grid title={t("drawn")} summary={drawn} />
      </div>
      <figcaption className="max-w-[68ch] text-muted text-sm">
        {t("sum", {
          count: cells.length,
          mean: logit(mean),
          probability: format.number(sigmoid(mean), { maximumFractionDigits: 2 }),
        })}
      </figcaption>
    </figure>
  );
}

interface GridProps {
  title: string;
  summary: string;
  /** Formats a cell's evidence; if missing, evidence is drawn. */
  write?: (cell: number) => string;
}

function Grid({ title, summary, write }: GridProps) {
  return (
    <div className="grid w-64 content-start gap-2">
      <p className="text-muted text-sm">{title}</p>
      <div
        role="img"
        aria-label={summary}
        className="grid aspect-square grid-cols-4 border bg-stage"
      >
        {INVENTED_MAP.map((row, y) =>
          row.map((cell, x) => (
            <span
              // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its place
              key={`${y} ${x}`}
              className={cn(
                "relative grid place-items-center text-sm",
                write && "border border-line bg-surface",
                write && cell < 0 && "text-muted",
              )}
            >
              {write ? (
                write(cell)
              ) : (
                <span
                  className="absolute inset-0 bg-malignant"
                  style={{ opacity: Math.max(0, cell) / FULL_SCALE_LOGIT }}
                />
              )}
            </span>
          )),
        )}
      </div>
    </div>
  );
}
