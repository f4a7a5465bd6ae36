import { dehydrate, HydrationBoundary, QueryClient } from "@tanstack/react-query";
import type { Metadata } from "next";
import { getTranslations } from "next-intl/server";
import { ModelUnavailable } from "@/components/model/model-unavailable";
import { ModelView } from "@/components/model/model-view";
import { Texts } from "@/components/shell/texts";
import { PAGE_TEXTS } from "@/i18n/page-texts";
import { modelFacts } from "@/lib/api/model-facts";
import { modelQuery } from "@/lib/api/queries";
import { readModelReport } from "@/lib/api/server";
import { publicApiUrl } from "@/lib/settings";

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations("model"))("title") };
}

export default async function Page() {
  const t = await getTranslations("model");
  const report = await readModelReport();
  const client = new QueryClient();
  if (report) {
    client.setQueryData(modelQuery.queryKey, modelFacts(report));
  }
  return (
    <Texts names={PAGE_TEXTS.model}>
      <HydrationBoundary state={dehydrate(client)}>
        <div className="mb-8 grid max-w-[68ch] gap-3">
          <h1 className="font-semibold text-xl">{t("title")}</h1>
          <p className="text-muted">{t("intro")}</p>
        </div>
        {report ? <ModelView report={report} apiUrl={publicApiUrl()} /> : <ModelUnavailable />}
      </HydrationBoundary>
    </Texts>
  );
}
