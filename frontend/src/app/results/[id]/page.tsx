import { getTranslations } from "next-intl/server";

export default async function Page({ params }: PageProps<"/results/[id]">) {
  const t = await getTranslations("result");
  const { id } = await params;
  return <h1 className="font-semibold text-2xl">{`${t("title")} ${id}`}</h1>;
}
