import { dehydrate, HydrationBoundary, QueryClient } from "@tanstack/react-query";
import type { Metadata } from "next";
import { getTranslations } from "next-intl/server";
import { Dashboard } from "@/components/dashboard/dashboard";
import { Texts } from "@/components/shell/texts";
import { PAGE_TEXTS } from "@/i18n/page-texts";
import { modelQuery, statisticsQuery } from "@/lib/api/queries";
import { readModelFacts, readStatistics } from "@/lib/api/server";
import { dayOf } from "@/lib/dates/dates";
import { isFirstPage, visitorZone } from "@/lib/server/visit";
import { boundsOf, rangeOf, statisticsParameters } from "@/lib/statistics/range";

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations("dashboard"))("title") };
}

export default async function Page({ searchParams }: PageProps<"/dashboard">) {
  const t = await getTranslations("dashboard");
  const client = new QueryClient();
  const zone = await visitorZone();
  if (zone && (await isFirstPage())) {
    await readFigures(client, zone, addressOf(await searchParams));
  }
  return (
    <Texts names={PAGE_TEXTS.dashboard}>
      <HydrationBoundary state={dehydrate(client)}>
        <h1 className="font-semibold text-xl">{t("title")}</h1>
        <p className="mt-1 text-muted">{t("description")}</p>
        <Dashboard />
      </HydrationBoundary>
    </Texts>
  );
}

/** The page's first request, made by the server so that the page arrives with its figures. */
async function readFigures(client: QueryClient, zone: string, address: URLSearchParams) {
  const bounds = boundsOf(rangeOf(address), dayOf(new Date(), zone));
  const query = statisticsParameters(bounds, zone);
  const [statistics, facts] = await Promise.all([readStatistics(query), readModelFacts()]);
  if (statistics) {
    client.setQueryData(statisticsQuery(query).queryKey, statistics);
  }
  if (facts) {
    client.setQueryData(modelQuery.queryKey, facts);
  }
}

/** If a parameter is given twice, the first one counts, as in the browser. */
function addressOf(parameters: Awaited<PageProps<"/dashboard">["searchParams"]>): URLSearchParams {
  const entries = Object.entries(parameters).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => [name, one]),
  );
  return new URLSearchParams(entries);
}
