"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { send } from "@/lib/api/client";
import type { Review, ReviewRequest } from "@/lib/api/schema";

/** Adds a review to a saved result, then reloads the history's data. */
export function useReview(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: ReviewRequest) => send<Review>("POST", `/history/${id}/reviews`, request),
    onSuccess: () => client.invalidateQueries({ queryKey: ["history"] }),
  });
}
