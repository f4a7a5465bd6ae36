import type { Query } from "@/lib/api/client";
import { addDays, type Day, isDay, momentsOf } from "@/lib/dates/dates";

export const PRESETS = ["week", "month", "all", "own"] as const;

export type Preset = (typeof PRESETS)[number];

/** A period by name; `from` and `to` are used for a custom one only. Null is open. */
export interface StatisticsRange {
  preset: Preset;
  from: Day | null;
  to: Day | null;
}

const LENGTH_DAYS = { week: 7, month: 30 } as const;

/** The period in an address: 30 days unless it names another. */
export function rangeOf(address: URLSearchParams): StatisticsRange {
  const preset = PRESETS.find((name) => name === address.get("range")) ?? "month";
  const day = (name: string) => {
    const text = address.get(name);
    return preset === "own" && isDay(text) ? text : null;
  };
  return { preset, from: day("from"), to: day("to") };
}

export function addressOfRange({ preset, from, to }: StatisticsRange): URLSearchParams {
  const address = new URLSearchParams(preset === "month" ? {} : { range: preset });
  for (const [name, day] of Object.entries({ from, to })) {
    if (preset === "own" && day) {
      address.set(name, day);
    }
  }
  return address;
}

/** The first and the last day of a period that ends today, or is named by its days. */
export function boundsOf(
  { preset, from, to }: StatisticsRange,
  today: Day,
): { from: Day | null; to: Day | null } {
  if (preset === "week" || preset === "month") {
    return { from: addDays(today, 1 - LENGTH_DAYS[preset]), to: null };
  }
  return from && to && to < from ? { from: to, to: from } : { from, to };
}

/** The API's query parameters; `zone` is an IANA name. */
export function statisticsParameters(
  bounds: { from: Day | null; to: Day | null },
  zone: string,
): Query {
  return { ...momentsOf(bounds, zone), time_zone: zone };
}
