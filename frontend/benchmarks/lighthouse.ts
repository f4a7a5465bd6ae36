import lighthouse, { desktopConfig } from "lighthouse";

export type Device = "mobile" | "desktop";

/** Lighthouse's scores, 0 to 100, and the figures behind performance; times in milliseconds. */
export interface Scores {
  performance: number;
  accessibility: number;
  best_practices: number;
  first_contentful_paint_ms: number;
  largest_contentful_paint_ms: number;
  total_blocking_time_ms: number;
  cumulative_layout_shift: number;
  /** Bytes of JavaScript as they came over the wire. */
  script_bytes: number;
  /** Lighthouse's own measure of the machine: its throttled times are longer where this is lower. */
  benchmark_index: number;
}

/**
 * Look at a page with Lighthouse in a browser that already runs: with its cookies, and an empty cache.
 *
 * "mobile" is Lighthouse's default: a slow phone (processor four times slower) on slow 4G, both
 * simulated; "desktop" its preset for desktops.
 */
export async function look(url: string, debuggingPort: number, device: Device): Promise<Scores> {
  const outcome = await lighthouse(
    url,
    {
      port: debuggingPort,
      onlyCategories: ["performance", "accessibility", "best-practices"],
    },
    device === "desktop" ? desktopConfig : undefined,
  );
  if (!outcome || outcome.lhr.runtimeError) {
    throw new Error(`Lighthouse could not look at ${url}: ${outcome?.lhr.runtimeError?.message}`);
  }
  const { audits, categories, environment } = outcome.lhr;
  const score = (name: string) => Math.round(100 * (categories[name]?.score ?? 0));
  const value = (name: string) => audits[name]?.numericValue ?? Number.NaN;
  return {
    performance: score("performance"),
    accessibility: score("accessibility"),
    best_practices: score("best-practices"),
    first_contentful_paint_ms: Math.round(value("first-contentful-paint")),
    largest_contentful_paint_ms: Math.round(value("largest-contentful-paint")),
    total_blocking_time_ms: Math.round(value("total-blocking-time")),
    cumulative_layout_shift: value("cumulative-layout-shift"),
    script_bytes: scriptBytes(audits["network-requests"]?.details),
    benchmark_index: Math.round(environment.benchmarkIndex),
  };
}

function scriptBytes(details: unknown): number {
  const items = (details as { items?: { resourceType?: string; transferSize?: number }[] })?.items;
  return (items ?? [])
    .filter(({ resourceType }) => resourceType === "Script")
    .reduce((sum, { transferSize }) => sum + (transferSize ?? 0), 0);
}
