"use client";

import { useFormatter } from "next-intl";
import { useTimeZone } from "@/hooks/use-time-zone";

/** A moment in this device's time zone, with its name; in UTC until that is known. */
export function Moment({ time }: { time: string }) {
  const format = useFormatter();
  const timeZone = useTimeZone() ?? "UTC";
  return (
    <time dateTime={time}>
      {format.dateTime(new Date(time), {
        timeZone,
        timeZoneName: "short",
        day: "numeric",
        month: "short",
        year: "numeric",
        hour: "2-digit",
        minute: "2-digit",
      })}
    </time>
  );
}
