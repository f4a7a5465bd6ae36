"use client";

import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { Thumbnail } from "@/components/history/thumbnail";
import { useRecordText } from "@/components/history/use-record-text";
import { NotLoaded } from "@/components/shared/not-loaded";
import { Problem } from "@/components/shared/problem";
import { useThreshold } from "@/components/threshold/use-threshold";
import { recordQuery } from "@/lib/api/queries";
import type { HistoryItem, HistoryRecord } from "@/lib/api/schema";
import { cn } from "@/lib/class-names";

const Viewer = dynamic(
  () => import("@/components/viewer/viewer").then(({ Viewer }) => Viewer).catch(() => NotLoaded),
  { ssr: false },
);

const STAGE = "h-[min(24rem,50dvh)] bg-stage lg:h-[min(46rem,70dvh)]";

interface QueuePictureProps {
  item: HistoryItem;
  hasEvidence: boolean;
  zone: string;
}

/** The image of a record, as large as possible, with its evidence on request. */
export function QueuePicture({ item, hasEvidence, zone }: QueuePictureProps) {
  const text = useRecordText(zone);
  return (
    <div className="min-w-0">
      {hasEvidence ? (
        <Evidence key={item.id} id={item.id} />
      ) : (
        <div className={cn("grid place-items-center p-4", STAGE)}>
          <Thumbnail
            key={item.id}
            item={item}
            alt={text.picture(item)}
            className="size-full min-h-0"
          />
        </div>
      )}
    </div>
  );
}

function Evidence({ id }: { id: string }) {
  const t = useTranslations("common");
  const { data, error, refetch } = useQuery(recordQuery(id));
  if (data) {
    return <OwnThreshold record={data} />;
  }
  return error ? (
    <Problem error={error} onRetry={refetch} />
  ) : (
    <p className={cn("p-4 text-muted text-sm", STAGE)}>{t("loading")}</p>
  );
}

function OwnThreshold({ record }: { record: HistoryRecord }) {
  return <Viewer record={record} threshold={useThreshold(record.result)} />;
}
