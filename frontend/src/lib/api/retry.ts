import { ApiError } from "@/lib/api/error";

const MAX_TRIES = 4;
const MAX_WAIT_SECONDS = 30;

/** Whether to retry after a number of failures, counted from 0. */
export function shouldRetry(failures: number, error: unknown): boolean {
  return error instanceof ApiError && error.isTransient && failures < MAX_TRIES - 1;
}

/** Milliseconds before the next try: as the API says, else longer each time. */
export function retryDelayMs(failures: number, error: unknown): number {
  const asked = error instanceof ApiError ? error.retryAfterSeconds : null;
  return 1000 * Math.min(asked ?? 2 ** failures, MAX_WAIT_SECONDS);
}
