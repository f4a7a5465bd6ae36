import { cookies, headers } from "next/headers";
import { type Query, withQuery } from "@/lib/api/client";
import { type ModelFacts, modelFacts } from "@/lib/api/model-facts";
import type { HistoryRecord, ModelReport, PredictionResult, Statistics } from "@/lib/api/schema";
import { SITE_HEADER, signedAddress } from "@/lib/server/client-address";
import { VISITOR_COOKIE } from "@/lib/server/visit";
import { apiUrl } from "@/lib/settings";

/**
 * Requests of the site's server to the API before it sends a page. Null if they fail: the page then
 * sends the request itself and shows the error.
 */

const TIMEOUT_MS = 2000;

export async function readModelReport(): Promise<ModelReport | null> {
  return read<ModelReport>("/model/");
}

export async function readModelFacts(): Promise<ModelFacts | null> {
  const report = await readModelReport();
  return report && modelFacts(report);
}

/** The current model's result for the drawn region. */
export async function readExample(): Promise<PredictionResult | null> {
  return read<PredictionResult>("/example/");
}

/** The visitor's own record; null also for a visitor without a cookie, who has none. */
export async function readRecord(id: string): Promise<HistoryRecord | null> {
  return readOwn<HistoryRecord>(`/history/${encodeURIComponent(id)}?explain=false`);
}

/** The visitor's own counts; null also for a visitor without a cookie. */
export async function readStatistics(query: Query): Promise<Statistics | null> {
  return readOwn<Statistics>(withQuery("/stats/", query));
}

async function readOwn<T>(path: string): Promise<T | null> {
  const token = (await cookies()).get(VISITOR_COOKIE)?.value;
  return token ? read<T>(path, { "X-Biopsia-Visitor": token }) : null;
}

async function read<T>(path: string, own: Record<string, string> = {}): Promise<T | null> {
  const received = await headers();
  const [forwarded, signed] = [received.get("x-forwarded-for"), await signedAddress(received)];
  const response = await fetch(`${apiUrl()}${path}`, {
    headers: {
      ...own,
      ...(forwarded ? { "X-Forwarded-For": forwarded } : {}),
      ...(signed ? { [SITE_HEADER]: signed } : {}),
    },
    cache: "no-store",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => null);
  return response?.ok ? ((await response.json()) as T) : null;
}
