import { dehydrate, HydrationBoundary, QueryClient } from "@tanstack/react-query";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { getTranslations } from "next-intl/server";
import { ResultPage } from "@/components/result/result-page";
import { Texts } from "@/components/shell/texts";
import { PAGE_TEXTS } from "@/i18n/page-texts";
import { modelQuery, recordQuery } from "@/lib/api/queries";
import { readModelFacts, readRecord } from "@/lib/api/server";
import { isFirstPage } from "@/lib/server/visit";

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
    <Texts names={PAGE_TEXTS.result}>
      <HydrationBoundary state={dehydrate(client)}>
        <ResultPage key={id} id={id} />
      </HydrationBoundary>
    </Texts>
  );
}
