import { send } from "@/lib/api/client";
import { ApiError } from "@/lib/api/error";

const AT_ONCE = 4;

/** Delete one record; one that is gone already is as deleted as can be. */
export async function deleteRecord(id: string): Promise<void> {
  try {
    await send("DELETE", `/history/${id}`);
  } catch (error) {
    if (!(error instanceof ApiError && error.code === "unknown_record")) {
      throw error;
    }
  }
}

/**
 * Delete many records, four at a time, and go on where one fails.
 *
 * @param remove Deletes one of them.
 * @param onProgress Told after each how many are done with, failed or not.
 * @returns The error of each that failed, by its id.
 */
export async function deleteEach(
  ids: readonly string[],
  remove: (id: string) => Promise<void>,
  onProgress: (done: number) => void,
): Promise<ReadonlyMap<string, unknown>> {
  const failures = new Map<string, unknown>();
  const waiting = [...ids];
  let done = 0;

  async function work(): Promise<void> {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      await remove(id).catch((error: unknown) => failures.set(id, error));
      done += 1;
      onProgress(done);
    }
  }

  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return failures;
}
