import { ApiError } from "@/lib/api/error";
import { retryDelayMs, shouldRetry } from "@/lib/api/retry";

const AT_ONCE = 4;

/**
 * Do something to each of many records, four at a time, and go on where one fails.
 *
 * What may pass is tried again, until one record has used up its tries: then none is any more.
 *
 * @param act Does it to one of them; it may be asked again for the same.
 * @param onProgress Told after each how many are done with, failed or not.
 * @param wait Resolves after so many milliseconds.
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
  // Else an unreachable service would take seconds for each of hundreds.
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
