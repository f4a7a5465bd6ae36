import { dehydrate, HydrationBoundary, QueryClient } from "@tanstack/react-query";
import type { Metadata } from "next";
import { getImageProps } from "next/image";
import { getTranslations } from "next-intl/server";
import { Example } from "@/components/example/example";
import { Texts } from "@/components/shell/texts";
import type { Sample } from "@/components/upload/samples";
import { Workbench } from "@/components/upload/workbench";
import { PAGE_TEXTS } from "@/i18n/page-texts";
import { modelQuery } from "@/lib/api/queries";
import type { PredictionResult } from "@/lib/api/schema";
import { readExample, readModelFacts } from "@/lib/api/server";

export async function generateMetadata(): Promise<Metadata> {
  const t = await getTranslations("upload");
  return { title: t("title") };
}

export default async function Page() {
  const t = await getTranslations("upload");
  const client = new QueryClient();
  const [facts, result] = await Promise.all([readModelFacts(), readExample()]);
  if (facts) {
    client.setQueryData(modelQuery.queryKey, facts);
  }
  return (
    <Texts names={PAGE_TEXTS.home}>
      <HydrationBoundary state={dehydrate(client)}>
        <div className="mb-6 grid gap-1">
          <h1 className="font-semibold text-xl">{t("title")}</h1>
          <p className="text-muted">{t("lead")}</p>
        </div>
        <Workbench
          samples={samples()}
          example={result && <Example result={result} {...examplePicture(result)} />}
        />
      </HydrationBoundary>
    </Texts>
  );
}

/** A smaller copy is shown first: the exact one is ten times as large. */
function examplePicture({ image: { width, height } }: PredictionResult) {
  const address = sampleAddress("region");
  const { props } = getImageProps({ src: address, alt: "", width, height });
  return { address, first: { src: props.src, srcSet: props.srcSet } };
}

function samples(): readonly Sample[] {
  return (["crowded", "loose", "region"] as const).map((name) => {
    const address = sampleAddress(name);
    const { props } = getImageProps({ src: address, alt: "", width: 64, height: 64 });
    const { src, srcSet, width, height } = props;
    return { name, address, picture: { src, srcSet, width, height } };
  });
}

function sampleAddress(name: Sample["name"]): string {
  return `/samples/drawn_${name}.png`;
}
