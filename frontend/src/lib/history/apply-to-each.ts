import { ApiError } from "@/lib/api/error";
import { retryDelayMs, shouldRetry } from "@/lib/api/retry";

const AT_ONCE = 4;

/**
 * Apply an action to each of many records, four at a time, and continue if one fails.
 *
 * Temporary errors are retried, until one record has used up its retries; then no other is retried.
 *
 * @param act The action on one record; it may be called again for the same one.
 * @param onProgress Called after each with the number that are finished, failed or not.
 * @param wait Resolves after a number of milliseconds.
 * @returns The error of each that failed, by its id.
 */
export async function applyToEach(
  ids: readonly string[],
  act: (id: string) => Promise<void>,
  onProgress: (done: number) => void,
  wait: (ms: number) => Promise<void> = sleep,
): Promise<ReadonlyMap<string, unknown>> {
  const failures = new Map<string, unknown>();
  const waiting = [...ids];
  let done = 0;
  // Otherwise an unreachable service would take seconds for each of hundreds.
  let isUnavailable = false;

  async function actPatiently(id: string): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        return await act(id);
      } catch (error) {
        if (isUnavailable || !shouldRetry(tries, error)) {
          isUnavailable ||= error instanceof ApiError && error.isTransient;
          throw error;
        }
        await wait(retryDelayMs(tries, error));
      }
    }
  }

  async function work(): Promise<void> {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      await actPatiently(id).catch((error: unknown) => failures.set(id, error));
      done += 1;
      onProgress(done);
    }
  }

  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return failures;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
