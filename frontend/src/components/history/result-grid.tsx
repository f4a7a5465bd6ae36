"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { FoldButton } from "@/components/history/fold-button";
import { RecordNames } from "@/components/history/record-names";
import {
  type EntryProps,
  SelectAll,
  SelectOne,
  type ShapeProps,
} from "@/components/history/selection";
import { Thumbnail } from "@/components/history/thumbnail";
import { VerdictBadge } from "@/components/shared/verdict-badge";
import { cn } from "@/lib/class-names";

/** Records as pictures, each with its verdict beneath. */
export function ResultGrid(props: ShapeProps) {
  const { entries, items, ...shared } = props;
  const t = useTranslations("history");
  return (
    <>
      <div className="mb-2 flex items-center border-y text-muted text-sm">
        <SelectAll {...props} />
        <span aria-hidden="true">{t("select_all")}</span>
      </div>
      <ul
        aria-label={t("table")}
        className="grid grid-cols-[repeat(auto-fill,minmax(8.5rem,1fr))] gap-x-3 gap-y-4 sm:grid-cols-[repeat(auto-fill,minmax(11rem,1fr))]"
      >
        {entries.map((entry) => (
          <Card key={entry.item.id} {...shared} entry={entry} />
        ))}
      </ul>
    </>
  );
}

function Card(props: EntryProps) {
  const { entry, text, selected } = props;
  const { item } = entry;
  return (
    <li
      className={cn(
        "group relative min-w-0 scroll-mt-20 scroll-mb-20",
        selected.has(item.id) && "bg-accent-soft outline-2 outline-accent outline-offset-2",
      )}
    >
      <Thumbnail item={item} alt={text.picture(item)} className="aspect-square w-full" />
      <SelectOne
        {...props}
        className="absolute top-1 left-1 rounded-md border border-edge bg-surface"
      />
      <div className="mt-1.5 flex flex-wrap items-center justify-between gap-x-2">
        <VerdictBadge result={item} />
        <span
          className={
            item.verdict === "not_assessable" ? "text-muted text-sm" : "font-medium text-sm"
          }
        >
          {text.probability(item.probability)}
        </span>
      </div>
      {text.reasons(item) && <p className="text-muted text-xs">{text.reasons(item)}</p>}
      <RecordNames item={item} text={text} className="mt-1" />
      <p className="mt-1 text-muted text-xs">
        <Link
          href={`/results/${item.id}`}
          className="rounded-sm after:absolute after:inset-0 group-hover:underline"
        >
          <time dateTime={item.created_at}>{text.time(item)}</time>
        </Link>
      </p>
      {item.review && <p className="text-muted text-xs">{text.review(item)}</p>}
      <FoldButton {...props} />
    </li>
  );
}
