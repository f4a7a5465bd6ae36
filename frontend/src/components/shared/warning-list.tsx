import { Ban, Info, type LucideIcon, TriangleAlert } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import type { ResultWarning } from "@/lib/api/schema";
import { cn } from "@/lib/class-names";
import { bySeverity } from "@/lib/result/warnings";

type Severity = ResultWarning["severity"];

/** Each severity's sign and colour, used beside its word. */
const SIGN: Readonly<Record<Severity, { icon: LucideIcon; tone: string }>> = {
  note: { icon: Info, tone: "text-muted" },
  caution: { icon: TriangleAlert, tone: "text-malignant" },
  withholds: { icon: Ban, tone: "text-withheld" },
};

interface WarningListProps {
  warnings: readonly Pick<ResultWarning, "code" | "message" | "severity">[];
  label: string;
  className?: string;
}

/** Warnings in full, most severe first. */
export function WarningList({ warnings, label, className }: WarningListProps) {
  return (
    <ul aria-label={label} className={cn("divide-y", className)}>
      {bySeverity(warnings).map((warning) => (
        <WarningItem key={warning.code} warning={warning} />
      ))}
    </ul>
  );
}

interface WarningItemProps {
  warning: ResultWarning;
  /** What else is said of it. */
  children?: ReactNode;
}

export function WarningItem({ warning: { code, severity }, children }: WarningItemProps) {
  const t = useTranslations("common");
  return (
    <li
      data-code={code}
      data-severity={severity}
      className="flex gap-3 py-3 text-sm first:pt-0 last:pb-0 print:py-1"
    >
      <SeveritySign severity={severity} className="mt-0.5" />
      <p>
        <span className="font-medium">{t(`warning.${code}.title`)}</span>
        <span className="text-muted">{` · ${t(`severity.${severity}`)}`}</span>
        {children}
        <span className="block text-muted print:ml-2 print:inline">
          {t(`warning.${code}.text`)}
        </span>
      </p>
    </li>
  );
}

export function SeveritySign({ severity, className }: { severity: Severity; className?: string }) {
  const { icon: Icon, tone } = SIGN[severity];
  return <Icon aria-hidden="true" className={cn("size-4 shrink-0", tone, className)} />;
}
