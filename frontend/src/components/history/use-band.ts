"use client";

import { useQuery } from "@tanstack/react-query";
import { modelQuery } from "@/lib/api/queries";
import type { HistoryItem } from "@/lib/api/schema";

/** The uncertain band of a record's operating point; null where the model has it no more. */
export function useBand(item: HistoryItem): { low: number; high: number } | null {
  const { data: model } = useQuery(modelQuery);
  const point = model?.operatingPoints[item.operating_point ?? ""];
  return point?.threshold === item.threshold
    ? { low: point.uncertain_low, high: point.uncertain_high }
    : null;
}
