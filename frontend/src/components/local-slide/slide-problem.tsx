import { useFormatter, useTranslations } from "next-intl";
import type { SlideError } from "@/lib/slide/error";

interface SlideProblemProps {
  error: SlideError;
  name: string;
}

/** Why a slide cannot be read here, and what reads it. */
export function SlideProblem({ error: { problem, details }, name }: SlideProblemProps) {
  const t = useTranslations("slide");
  const format = useFormatter();
  const numbersIn = (text = "") =>
    text.replace(/\d[\d.]*(?:e-?\d+)?/g, (number) =>
      format.number(Number(number), { maximumFractionDigits: 4 }),
    );
  const values = {
    compression: details.compression ?? "none",
    format: details.format ?? "",
    scales: numbersIn(details.scales),
    scale: numbersIn(details.scale),
    size: numbersIn(details.size),
  };
  return (
    <div role="alert" data-problem={problem} className="grid gap-3 p-4">
      <p className="max-w-prose font-medium">{t(`problem.${problem}`, values)}</p>
      {BY_COMMAND.has(problem) && (
        <>
          <p className="text-muted text-sm">{t("command")}</p>
          <code className="overflow-x-auto rounded-md bg-raised px-3 py-2 text-sm">
            {`.venv-serve/bin/python -m hf_space slides ${quoted(name)} --out results/`}
          </code>
        </>
      )}
    </div>
  );
}

const BY_COMMAND: ReadonlySet<SlideError["problem"]> = new Set(["format", "pixels", "too_large"]);

/** As a shell takes it. */
function quoted(name: string): string {
  return /^[\w.+-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}
