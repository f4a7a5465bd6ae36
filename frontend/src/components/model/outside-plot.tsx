import { useFormatter, useTranslations } from "next-intl";
import { Figure } from "@/components/model/figure";
import { useFigures } from "@/components/threshold/use-figures";
import type { Messages } from "@/i18n/messages";
import { cn } from "@/lib/class-names";
import { OUTCOMES, type Outcome, type OutsideGroup } from "@/lib/model/reports";

type KindName = keyof Messages["model"]["conditions"]["kind"];

/** Distinguishable without colour: dotted, dashed, hatched, full. */
const FILLS: Readonly<Record<Outcome, string>> = {
  refused: "border border-withheld bg-surface",
  withheld: "dotted border border-withheld border-dashed bg-surface",
  warned: "border border-uncertain bg-uncertain-soft",
  inconclusive: "hatched border border-uncertain bg-surface",
  silent: "border border-accent bg-accent",
};

/** The service's responses to pictures from other sources, by kind and scale. */
export function OutsidePlot({ groups }: { groups: readonly OutsideGroup[] }) {
  const t = useTranslations("model.conditions");
  const figures = useTranslations("model.metric");
  const format = useFormatter();
  const { share, probability } = useFigures();
  const nameOf = useGroupName();
  const table = {
    columns: [
      t("pictures"),
      t("images"),
      ...OUTCOMES.map((outcome) => t(`outcome.${outcome}`)),
      figures("recall.name"),
      figures("specificity.name"),
      figures("roc_auc.name"),
    ],
    rows: groups.map((group) => ({
      key: keyOf(group),
      name: nameOf(group),
      cells: [
        format.number(group.images),
        ...OUTCOMES.map((outcome) => share(group.outcomes[outcome])),
        measured(group.sensitivity, share),
        measured(group.specificity, share),
        measured(group.rocAuc, probability),
      ],
    })),
  };
  return (
    <Figure title={t("outside")} text={t("outside_text")} table={table} className="max-w-[64rem]">
      <ul className="flex flex-wrap gap-x-6 gap-y-1 text-sm">
        {OUTCOMES.map((outcome) => (
          <li key={outcome} className="flex items-center gap-2">
            <span aria-hidden="true" className={cn("h-3 w-5 shrink-0", FILLS[outcome])} />
            {t(`outcome.${outcome}`)}
          </li>
        ))}
      </ul>
      <ul className="grid gap-4">
        {groups.map((group) => (
          <GroupBar key={keyOf(group)} group={group} name={nameOf(group)} />
        ))}
      </ul>
    </Figure>
  );
}

function GroupBar({ group, name }: { group: OutsideGroup; name: string }) {
  const t = useTranslations("model.conditions");
  const { share } = useFigures();
  const { sensitivity, specificity, images, outcomes } = group;
  const present = OUTCOMES.filter((outcome) => outcomes[outcome] > 0);
  const summary = present.map((outcome) =>
    t("outcome_share", { name: t(`outcome.${outcome}`), share: share(outcomes[outcome]) }),
  );
  return (
    <li className="grid gap-1 text-sm">
      <p className="flex flex-wrap justify-between gap-x-4">
        <span className="font-medium">{name}</span>
        <span className="text-muted">
          {t("group", {
            count: images,
            sensitivity: sensitivity === null ? "none" : share(sensitivity),
            specificity: specificity === null ? "none" : share(specificity),
          })}
        </span>
      </p>
      <div role="img" aria-label={`${name}: ${summary.join(", ")}`} className="flex h-6 gap-px">
        {present.map((outcome) => (
          <span
            key={outcome}
            className={cn("min-w-0.5 basis-0", FILLS[outcome])}
            style={{ flexGrow: outcomes[outcome] }}
          />
        ))}
      </div>
    </li>
  );
}

function useGroupName(): (group: OutsideGroup) => string {
  const t = useTranslations("model.conditions");
  const format = useFormatter();
  return ({ kind, scale }) => {
    const known = t.has(`kind.${kind as KindName}`);
    return t("group_name", {
      kind: known ? t(`kind.${kind as KindName}`) : kind.replaceAll("_", " "),
      scale: scale === null ? "none" : format.number(scale),
    });
  };
}

function keyOf({ kind, scale }: OutsideGroup): string {
  return `${kind} ${scale}`;
}

function measured(value: number | null, write: (value: number) => string): string {
  return value === null ? "–" : write(value);
}
