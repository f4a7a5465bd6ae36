"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { FoldButton } from "@/components/history/fold-button";
import { ProbabilityBar } from "@/components/history/probability-bar";
import { RecordNames } from "@/components/history/record-names";
import {
  type EntryProps,
  SelectAll,
  SelectOne,
  type ShapeProps,
} from "@/components/history/selection";
import { Thumbnail } from "@/components/history/thumbnail";
import { VerdictBadge } from "@/components/shared/verdict-badge";
import { SeveritySign } from "@/components/shared/warning-list";
import { cn } from "@/lib/class-names";

const COLUMNS = [
  "picture",
  "verdict",
  "probability",
  "time",
  "threshold",
  "kind",
  "size",
  "area",
  "review",
  "warnings",
] as const;

const NUMERIC: ReadonlySet<string> = new Set(["size", "area"]);

/**
 * Records as compact rows, or as cards on a narrow screen; the whole row or card is a link to the
 * result.
 */
export function ResultTable(props: ShapeProps) {
  const t = useTranslations("history");
  const { entries, items, ...shared } = props;
  return (
    <section
      aria-label={t("table")}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: by keyboard it scrolls only with focus
      tabIndex={0}
      className="overflow-x-auto border-y min-[84rem]:overflow-visible"
    >
      <table className="w-full border-separate border-spacing-0 text-sm max-sm:block">
        <caption className="sr-only">{t("table")}</caption>
        <thead className="max-sm:block">
          <tr className="max-sm:block">
            <th scope="col" className={cn(HEAD, "max-sm:block")}>
              <SelectAll {...props} />
            </th>
            {COLUMNS.map((column) => (
              <th
                key={column}
                scope="col"
                className={cn(HEAD, NUMERIC.has(column) ? NUMBER : "text-left", "max-sm:sr-only")}
              >
                {t(`column.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="max-sm:block">
          {entries.map((entry) => (
            <Row key={entry.item.id} {...shared} entry={entry} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

const HEAD =
  "whitespace-nowrap border-b bg-ground px-2 py-1 font-medium text-muted text-xs min-[84rem]:sticky min-[84rem]:top-[3.5625rem] min-[84rem]:z-20 min-[84rem]:whitespace-normal";
const NUMBER = "pr-6 text-right max-sm:pr-2 max-sm:text-left";
const CELL =
  "whitespace-nowrap border-b px-2 py-1.5 group-last:border-b-0 max-sm:border-b-0 max-sm:py-1";
// Where nothing scrolls to the side, words give way.
const WORDS = "min-[84rem]:whitespace-normal";

function Row(props: EntryProps) {
  const { entry, text, selected } = props;
  const { item } = entry;
  const t = useTranslations("history");
  return (
    <tr
      className={cn(
        "group relative scroll-mt-28 scroll-mb-20 max-sm:flex max-sm:flex-wrap max-sm:items-center max-sm:border-b max-sm:py-1",
        selected.has(item.id) ? "bg-accent-soft" : "hover:bg-raised",
      )}
    >
      <td className={CELL}>
        <SelectOne {...props} className="relative" />
      </td>
      <td className={CELL}>
        <Thumbnail item={item} alt={text.picture(item)} className="size-10" />
      </td>
      <td className={cn(CELL, WORDS)}>
        <VerdictBadge result={item} />
        {text.reasons(item) && (
          <span
            className="mt-0.5 block max-w-52 truncate text-muted text-xs"
            title={text.reasons(item)}
          >
            {text.reasons(item)}
          </span>
        )}
      </td>
      <td className={CELL}>
        <ProbabilityBar item={item} text={text.probability(item.probability)} />
      </td>
      <th scope="row" className={cn(CELL, "text-left font-normal")}>
        <Link
          href={`/results/${item.id}`}
          className="rounded-sm underline decoration-edge underline-offset-4 after:absolute after:inset-0 hover:decoration-current"
        >
          <time dateTime={item.created_at}>{text.time(item)}</time>
        </Link>
        <RecordNames item={item} text={text} className="max-w-44" />
        <span className="block max-w-44 whitespace-normal">
          <FoldButton {...props} />
        </span>
      </th>
      <td className={cn(CELL, WORDS)}>{text.threshold(item)}</td>
      <td className={CELL}>{text.kind(item)}</td>
      <td className={cn(CELL, NUMBER)}>
        {text.size(item)}
        <span className={cn("block text-muted text-xs", WORDS)}>{text.scale(item)}</span>
      </td>
      <td
        className={cn(
          CELL,
          WORDS,
          NUMBER,
          item.verdict === "not_assessable" && "text-muted",
          text.area(item) === null && "max-sm:hidden",
        )}
      >
        {text.area(item) ?? <Nothing />}
      </td>
      <td className={cn(CELL, WORDS, !item.review && "text-muted")}>{text.review(item)}</td>
      <td className={CELL}>
        {item.warnings.length === 0 ? (
          <Nothing />
        ) : (
          <span title={text.warnings(item)} className="relative z-10 inline-flex gap-1.5">
            <SeveritySign
              severity={item.reasons.length > 0 ? "withholds" : "caution"}
              className="mt-0.5"
            />
            <span aria-hidden="true">{item.warnings.length}</span>
            <span className="sr-only">
              {t("warnings", { count: item.warnings.length, list: text.warnings(item) })}
            </span>
          </span>
        )}
      </td>
    </tr>
  );
}

function Nothing() {
  return <span className="text-muted">–</span>;
}
