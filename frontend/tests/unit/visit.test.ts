import { describe, expect, it } from "vitest";
import { type Ticket, Visit } from "@/lib/upload/visit";

const MINUTE = 60_000;

/** A visit whose tickets hold ten minutes by the clock given, and how often one was asked for. */
function visitAt(clock: { now: number }, failures = 0) {
  let asked = 0;
  const request = async (): Promise<Ticket> => {
    asked++;
    if (asked <= failures) {
      throw new Error("away");
    }
    const expires_at = new Date(clock.now + 10 * MINUTE).toISOString();
    return { ticket: `ticket ${asked}`, expires_at };
  };
  return { visit: new Visit(request, () => clock.now), count: () => asked };
}

describe("a visit", () => {
  it("asks once, whoever needs it", async () => {
    const { visit, count } = visitAt({ now: 0 });
    await Promise.all([visit.establish(), visit.establish(), visit.ticket()]);
    expect(count()).toBe(1);
    expect((await visit.ticket()).ticket).toBe("ticket 1");
  });

  it("renews a ticket shortly before it expires, but stays established", async () => {
    const clock = { now: 0 };
    const { visit, count } = visitAt(clock);
    await visit.ticket();
    clock.now = 8.9 * MINUTE;
    expect((await visit.ticket()).ticket).toBe("ticket 1");
    clock.now = 9.1 * MINUTE;
    await visit.establish();
    expect(count()).toBe(1);
    expect((await visit.ticket()).ticket).toBe("ticket 2");
  });

  it("does not go round in circles where the browser's clock is wrong", async () => {
    const visit = new Visit(
      async () => ({ ticket: "short", expires_at: new Date(0).toISOString() }),
      () => 1e12,
    );
    expect((await visit.ticket()).ticket).toBe("short");
  });

  it("asks again after a failure", async () => {
    const { visit, count } = visitAt({ now: 0 }, 1);
    await expect(visit.establish()).rejects.toThrow("away");
    await visit.establish();
    expect(count()).toBe(2);
  });
});
