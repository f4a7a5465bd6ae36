import { dehydrate, HydrationBoundary, QueryClient } from "@tanstack/react-query";
import type { Metadata } from "next";
import { getImageProps } from "next/image";
import { getTranslations } from "next-intl/server";
import type { Sample } from "@/components/upload/samples";
import { Workbench } from "@/components/upload/workbench";
import { modelQuery } from "@/lib/api/queries";
import { readModelFacts } from "@/lib/api/server";

export async function generateMetadata(): Promise<Metadata> {
  const t = await getTranslations("upload");
  return { title: t("title") };
}

export default async function Page() {
  const t = await getTranslations("upload");
  const client = new QueryClient();
  const facts = await readModelFacts();
  if (facts) {
    client.setQueryData(modelQuery.queryKey, facts);
  }
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <div className="mb-6 grid gap-1">
        <h1 className="font-semibold text-xl">{t("title")}</h1>
        <p className="text-muted">{t("lead")}</p>
      </div>
      <Workbench samples={samples()} />
    </HydrationBoundary>
  );
}

function samples(): readonly Sample[] {
  return (["crowded", "loose", "region"] as const).map((name) => {
    const address = `/samples/drawn_${name}.png`;
    const { props } = getImageProps({ src: address, alt: "", width: 64, height: 64 });
    const { src, srcSet, width, height } = props;
    return { name, address, picture: { src, srcSet, width, height } };
  });
}
