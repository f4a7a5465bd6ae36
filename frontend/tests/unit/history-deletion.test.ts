import { afterEach, describe, expect, test, vi } from "vitest";
import { ApiError } from "@/lib/api/error";
import { applyToEach } from "@/lib/history/apply-to-each";
import { deleteRecord } from "@/lib/history/deletion";

const IDS = ["a", "b", "c", "d", "e", "f", "g"];

describe("deleting many", () => {
  test("goes on after a failure and names it", async () => {
    const error = new ApiError("internal_error", "");
    const seen: number[] = [];
    const failures = await applyToEach(
      IDS,
      (id) => (id === "b" ? Promise.reject(error) : Promise.resolve()),
      (done) => seen.push(done),
    );
    expect(failures).toEqual(new Map([["b", error]]));
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test("does four at a time, each once", async () => {
    let running = 0;
    let most = 0;
    const removed: string[] = [];
    await applyToEach(
      IDS,
      async (id) => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 1));
        running -= 1;
        removed.push(id);
      },
      () => undefined,
    );
    expect(most).toBe(4);
    expect(removed.toSorted()).toEqual(IDS);
  });

  test("comes back when it is asked to, and gets more through than a minute allows", async () => {
    const tooMany = new ApiError("rate_limited", "", {}, 7);
    const ids = Array.from({ length: 650 }, (_, index) => `${index}`);
    let allowed = 600;
    const removed: string[] = [];
    const waits: number[] = [];
    const failures = await applyToEach(
      ids,
      async (id) => {
        if (allowed === 0) {
          throw tooMany;
        }
        allowed -= 1;
        removed.push(id);
      },
      () => undefined,
      async (ms) => {
        waits.push(ms);
        allowed += 10;
      },
    );
    expect(failures.size).toBe(0);
    expect(removed.toSorted()).toEqual(ids.toSorted());
    expect(new Set(waits)).toEqual(new Set([7000]));
  });

  test("tries what may pass four times, until one has failed so often", async () => {
    const unreachable = new ApiError("unreachable", "");
    const tries = new Map<string, number>();
    const waits: number[] = [];
    const failures = await applyToEach(
      IDS,
      (id) => {
        tries.set(id, (tries.get(id) ?? 0) + 1);
        return Promise.reject(unreachable);
      },
      () => undefined,
      async (ms) => {
        waits.push(ms);
      },
    );
    expect([...failures.keys()].toSorted()).toEqual(IDS);
    expect(waits.slice(0, 4)).toEqual([1000, 1000, 1000, 1000]);
    expect(Math.max(...waits)).toBe(4000);
    expect(IDS.map((id) => tries.get(id))).toEqual([4, 4, 4, 4, 1, 1, 1]);
  });

  test("does nothing for none", async () => {
    expect((await applyToEach([], deleteRecord, () => undefined)).size).toBe(0);
  });
});

describe("deleting one", () => {
  afterEach(() => vi.unstubAllGlobals());

  function respond(status: number, code: string) {
    const body = JSON.stringify({ error: { code, message: "", details: {} } });
    vi.stubGlobal("fetch", async () => new Response(body, { status }));
  }

  test("that is gone already is no failure", async () => {
    respond(404, "unknown_record");
    await expect(deleteRecord("a")).resolves.toBeUndefined();
  });

  test("that the API refuses is one", async () => {
    respond(503, "history_unavailable");
    await expect(deleteRecord("a")).rejects.toMatchObject({ code: "history_unavailable" });
  });
});
