"use client";

import { useDateFormat } from "@/hooks/use-date-format";
import { useTimeZone } from "@/hooks/use-time-zone";

/** A moment in this device's time zone, with its name; in UTC until that is known. */
export function Moment({ time }: { time: string }) {
  const dateText = useDateFormat();
  const timeZone = useTimeZone() ?? "UTC";
  return (
    <time dateTime={time}>
      {dateText(new Date(time), {
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
