import { describe, expect, test } from "vitest";
import {
  addDays,
  dayOf,
  daysBetween,
  dayText,
  isDay,
  momentsOf,
  startOfDay,
} from "@/lib/dates/dates";

describe("days", () => {
  test.each([
    ["2026-02-28", true],
    ["2028-02-29", true],
    ["2026-02-29", false],
    ["2026-13-01", false],
    ["2026-1-1", false],
    // What a date field says while its year is typed.
    ["0002-11-24", false],
    ["1000-01-01", true],
    ["9998-12-31", true],
    // The day after its last would need a fifth figure.
    ["9999-01-01", false],
    ["9999-12-31", false],
    ["", false],
    [null, false],
  ])("%s is a day: %s", (text, expected) => {
    expect(isDay(text)).toBe(expected);
  });

  test("a text that names none stands for none", () => {
    expect(dayText("2026-11-24")).toBe("2026-11-24");
    expect(dayText("2026-11-31")).toBe("");
  });

  test("are counted over the ends of months and years", () => {
    expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
    expect(addDays("9998-12-31", 1)).toBe("9999-01-01");
    expect(addDays("2026-03-01", -1)).toBe("2026-02-28");
    expect(daysBetween("2026-02-27", "2026-03-02")).toEqual([
      "2026-02-27",
      "2026-02-28",
      "2026-03-01",
      "2026-03-02",
    ]);
    expect(daysBetween("2026-03-02", "2026-03-01")).toEqual([]);
  });

  test("neither miss nor repeat one where the clock changes", () => {
    // Madrid changes on 29 March and 25 October 2026.
    for (const [first, last] of [
      ["2026-03-27", "2026-03-31"],
      ["2026-10-23", "2026-10-27"],
    ] as const) {
      const days = daysBetween(first, last);
      expect(days).toHaveLength(5);
      expect(new Set(days).size).toBe(5);
    }
  });
});

describe("the start of a day", () => {
  test.each([
    ["2026-11-24", "UTC", "2026-11-24T00:00:00.000Z"],
    ["2026-11-24", "Europe/Madrid", "2026-11-23T23:00:00.000Z"],
    ["2026-07-01", "Europe/Madrid", "2026-06-30T22:00:00.000Z"],
    // The day after the clock was put forward, and the day itself.
    ["2026-03-29", "Europe/Madrid", "2026-03-28T23:00:00.000Z"],
    ["2026-03-30", "Europe/Madrid", "2026-03-29T22:00:00.000Z"],
    // Here midnight is put forward: the day begins at one o'clock.
    ["2024-04-26", "Africa/Cairo", "2024-04-25T22:00:00.000Z"],
    ["2026-11-24", "Asia/Kolkata", "2026-11-23T18:30:00.000Z"],
    ["2026-11-24", "Asia/Kathmandu", "2026-11-23T18:15:00.000Z"],
    ["2026-11-24", "Pacific/Kiritimati", "2026-11-23T10:00:00.000Z"],
    ["2026-11-24", "Pacific/Niue", "2026-11-24T11:00:00.000Z"],
    ["2026-11-24", "America/Bogota", "2026-11-24T05:00:00.000Z"],
  ])("%s in %s is %s", (day, zone, expected) => {
    const start = startOfDay(day, zone);
    expect(start.toISOString()).toBe(expected);
    expect(dayOf(start, zone)).toBe(day);
    expect(dayOf(new Date(start.getTime() - 1), zone)).toBe(addDays(day, -1));
  });
});

describe("the moments of a range", () => {
  const zone = "Europe/Madrid";

  test("hold the last day to its end", () => {
    expect(momentsOf({ from: "2026-03-28", to: "2026-03-29" }, zone)).toEqual({
      since: "2026-03-27T23:00:00.000Z",
      until: "2026-03-29T22:00:00.000Z",
    });
  });

  test("are the same for days in the wrong order", () => {
    expect(momentsOf({ from: "2026-03-29", to: "2026-03-28" }, zone)).toEqual(
      momentsOf({ from: "2026-03-28", to: "2026-03-29" }, zone),
    );
  });

  test("are open where no day is named", () => {
    expect(momentsOf({ from: null, to: null }, zone)).toEqual({ since: null, until: null });
    expect(momentsOf({ from: "2026-11-24", to: null }, "UTC").until).toBeNull();
  });
});
