"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { Charts } from "@/components/dashboard/charts";
import { DashboardSkeleton } from "@/components/dashboard/dashboard-skeleton";
import { Figures } from "@/components/dashboard/figures";
import { NothingCounted } from "@/components/dashboard/nothing-counted";
import { RangePicker } from "@/components/dashboard/range-picker";
import { Problem } from "@/components/shared/problem";
import { useAddress } from "@/hooks/use-address";
import { useTimeZone } from "@/hooks/use-time-zone";
import { statisticsQuery } from "@/lib/api/queries";
import { dayOf } from "@/lib/dates/dates";
import {
  addressOfRange,
  boundsOf,
  rangeOf,
  type StatisticsRange,
  statisticsParameters,
} from "@/lib/statistics/range";

export function Dashboard() {
  const [address, go] = useAddress();
  const zone = useTimeZone();
  const range = rangeOf(address);
  const choose = (part: Partial<StatisticsRange>) =>
    go((now) => addressOfRange({ ...rangeOf(now), ...part }));
  return (
    <>
      <RangePicker range={range} onChange={choose} zone={zone} />
      {/* As tall as the window at least, so that nothing below jumps when the numbers come. */}
      <div className="mt-6 min-h-[75dvh]">
        {zone ? (
          <Counted range={range} zone={zone} onShowAll={() => choose({ preset: "all" })} />
        ) : (
          <DashboardSkeleton />
        )}
      </div>
    </>
  );
}

interface CountedProps {
  range: StatisticsRange;
  zone: string;
  onShowAll: () => void;
}

function Counted({ range, zone, onShowAll }: CountedProps) {
  const t = useTranslations("common");
  const today = dayOf(new Date(), zone);
  const bounds = boundsOf(range, today);
  const { data, error, isPlaceholderData, refetch } = useQuery({
    ...statisticsQuery(statisticsParameters(bounds, zone)),
    placeholderData: keepPreviousData,
  });
  if (error) {
    return <Problem error={error} onRetry={refetch} />;
  }
  if (!data) {
    return (
      <>
        <p role="status" className="sr-only">
          {t("loading")}
        </p>
        <DashboardSkeleton />
      </>
    );
  }
  if (data.total === 0) {
    return <NothingCounted zone={zone} duplicates={data.duplicates} onShowAll={onShowAll} />;
  }
  return (
    <div aria-busy={isPlaceholderData}>
      <Figures statistics={data} />
      <Charts statistics={data} bounds={bounds} today={today} />
    </div>
  );
}
