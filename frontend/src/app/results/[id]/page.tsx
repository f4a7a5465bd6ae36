import { dehydrate, HydrationBoundary, QueryClient } from "@tanstack/react-query";
import type { Metadata } from "next";
import { headers } from "next/headers";
import { notFound } from "next/navigation";
import { getTranslations } from "next-intl/server";
import { ResultPage } from "@/components/result/result-page";
import { modelQuery, recordQuery } from "@/lib/api/queries";
import { readModelFacts, readRecord } from "@/lib/api/server";

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export async function generateMetadata(): Promise<Metadata> {
  const t = await getTranslations("result");
  return { title: t("title"), robots: { index: false } };
}

export default async function Page({ params }: PageProps<"/results/[id]">) {
  const { id } = await params;
  if (!UUID.test(id)) {
    notFound();
  }
  const client = new QueryClient();
  if (await isFirstPage()) {
    const [record, facts] = await Promise.all([readRecord(id), readModelFacts()]);
    if (record) {
      client.setQueryData(recordQuery(id).queryKey, record);
    }
    if (facts) {
      client.setQueryData(modelQuery.queryKey, facts);
    }
  }
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <ResultPage key={id} id={id} />
    </HydrationBoundary>
  );
}

/**
 * Whether the browser opens the site with this page. One that is open already has the result, or
 * asks for it; and a result that was not saved cannot be asked for.
 */
async function isFirstPage(): Promise<boolean> {
  return (await headers()).get("sec-fetch-dest") !== "empty";
}
