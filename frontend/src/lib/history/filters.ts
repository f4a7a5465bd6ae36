import type { Query } from "@/lib/api/client";
import type { HistoryItem } from "@/lib/api/schema";
import { type Day, isDay, momentsOf } from "@/lib/dates/dates";

type Verdict = HistoryItem["verdict"];
type Kind = HistoryItem["kind"];

export const VERDICTS = [
  "malignant",
  "uncertain",
  "benign",
  "not_assessable",
] as const satisfies readonly Verdict[];
export const KINDS = ["patch", "region"] as const satisfies readonly Kind[];
export const SORTS = ["newest", "oldest", "uncertainty", "probability"] as const;
export const VIEWS = ["table", "grid"] as const;

export type View = (typeof VIEWS)[number];

/** The history's filters and view; null or empty means no filter. */
export interface HistoryFilters {
  search: string;
  verdicts: readonly Verdict[];
  kind: Kind | null;
  reviewed: boolean | null;
  /** The name of one of the visitor's folders. */
  folder: string | null;
  /** First and last day, both included, in the visitor's zone. */
  from: Day | null;
  to: Day | null;
  /** Bounds of the probability, both included. */
  min: number | null;
  max: number | null;
  sort: (typeof SORTS)[number];
  /** Null chooses by screen size. */
  view: View | null;
}

/** The filters in an address; invalid values are ignored. */
export function filtersOf(address: URLSearchParams): HistoryFilters {
  return {
    search: address.get("search")?.trim() ?? "",
    verdicts: VERDICTS.filter((verdict) => address.getAll("verdict").includes(verdict)),
    kind: oneOf(KINDS, address.get("kind")),
    reviewed: booleanIn(address.get("reviewed")),
    folder: address.get("folder")?.trim() || null,
    from: dayIn(address.get("from")),
    to: dayIn(address.get("to")),
    min: probabilityIn(address.get("min")),
    max: probabilityIn(address.get("max")),
    sort: oneOf(SORTS, address.get("sort")) ?? "newest",
    view: oneOf(VIEWS, address.get("view")),
  };
}

/** The address of filters, without default values. */
export function addressOf(filters: HistoryFilters): URLSearchParams {
  const { reviewed, sort, view } = filters;
  const values: Record<string, string | number | null> = {
    kind: filters.kind,
    reviewed: reviewed === null ? null : reviewed ? "yes" : "no",
    folder: filters.folder,
    from: filters.from,
    to: filters.to,
    min: filters.min,
    max: filters.max,
    sort: sort === "newest" ? null : sort,
    view,
    search: filters.search || null,
  };
  const address = new URLSearchParams(filters.verdicts.map((verdict) => ["verdict", verdict]));
  for (const [name, value] of Object.entries(values)) {
    if (value !== null) {
      address.set(name, String(value));
    }
  }
  return address;
}

/** The same order and view, of the whole history. */
export function withoutFilters({ sort, view }: HistoryFilters): HistoryFilters {
  return { ...filtersOf(new URLSearchParams()), sort, view };
}

/** Whether any filter is set. */
export function isFiltered(filters: HistoryFilters): boolean {
  return addressOf({ ...filters, sort: "newest", view: null }).size > 0;
}

/** Number of set filters that are not always visible. */
export function countOfDetails({ kind, reviewed, from, to, min, max }: HistoryFilters): number {
  return [kind, reviewed, from ?? to, min ?? max].filter((value) => value !== null).length;
}

/** The API's query parameters for lists and exports; `zone` is an IANA name. */
export function filterQuery(filters: HistoryFilters, zone: string): Query {
  const { min, max } = filters;
  const [least, greatest] =
    min !== null && max !== null ? [Math.min(min, max), Math.max(min, max)] : [min, max];
  return {
    verdict: filters.verdicts,
    kind: filters.kind,
    reviewed: filters.reviewed,
    folder: filters.folder,
    ...momentsOf(filters, zone),
    min_probability: least,
    max_probability: greatest,
    search: filters.search || null,
  };
}

/** The probability in a text, in its shortest form; an empty text if there is none. */
export function probabilityText(text: string): string {
  return String(probabilityIn(text) ?? "");
}

function oneOf<T extends string>(values: readonly T[], text: string | null): T | null {
  return values.find((value) => value === text) ?? null;
}

function booleanIn(text: string | null): boolean | null {
  return text === "yes" || (text === "no" ? false : null);
}

function dayIn(text: string | null): Day | null {
  return isDay(text) ? text : null;
}

function probabilityIn(text: string | null): number | null {
  const value = text === null || text.trim() === "" ? Number.NaN : Number(text);
  return value >= 0 && value <= 1 ? value : null;
}
