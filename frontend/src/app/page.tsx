import { dehydrate, HydrationBoundary, QueryClient } from "@tanstack/react-query";
import { getTranslations } from "next-intl/server";
import { modelQuery } from "@/lib/api/queries";
import { readModelFacts } from "@/lib/api/server";

export default async function Page() {
  const t = await getTranslations("home");
  const client = new QueryClient();
  const facts = await readModelFacts();
  if (facts) {
    client.setQueryData(modelQuery.queryKey, facts);
  }
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <h1 className="font-semibold text-2xl">{t("title")}</h1>
    </HydrationBoundary>
  );
}
