/**
 * Calendar days in a time zone, including days of 23 or 25 hours and days that begin at one
 * o'clock.
 */

/** A calendar day without a zone, `YYYY-MM-DD`. */
export type Day = string;

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
// Offsets are between -12 and +14 hours.
const EARLIEST_START_MINUTES = -15 * 60;
const LATEST_START_MINUTES = 13 * 60;

const formats = new Map<string, Intl.DateTimeFormat>();

/** Whether a text is an existing day of the years 1000 to 9998, so that the next day exists too. */
export function isDay(text: string | null): text is Day {
  if (text === null || !/^(?!9999)[1-9]\d{3}-\d{2}-\d{2}$/.test(text)) {
    return false;
  }
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** The day that a text names; an empty text if it names none. */
export function dayText(text: string): Day | "" {
  return isDay(text) ? text : "";
}

/** The day a number of days later; earlier for a negative number. */
export function addDays(day: Day, count: number): Day {
  return new Date(noonOf(day).getTime() + count * DAY_MS).toISOString().slice(0, 10);
}

/** All days from the first to the last, both included; none if the last comes before the first. */
export function daysBetween(first: Day, last: Day): Day[] {
  const count = (noonOf(last).getTime() - noonOf(first).getTime()) / DAY_MS + 1;
  return Array.from({ length: Math.max(0, count) }, (_, index) => addDays(first, index));
}

/** Noon of a day in UTC; formatted in UTC, it is that day in every language. */
export function noonOf(day: Day): Date {
  return new Date(`${day}T12:00:00Z`);
}

/** The day that a moment belongs to in a zone, an IANA name. */
export function dayOf(moment: Date, zone: string): Day {
  return formatOf(zone).format(moment);
}

/** The first moment of a day in a zone. */
export function startOfDay(day: Day, zone: string): Date {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  const moment = (minutes: number) => new Date(midnight + minutes * MINUTE_MS);
  let before = EARLIEST_START_MINUTES;
  let within = LATEST_START_MINUTES;
  while (within - before > 1) {
    const middle = Math.floor((before + within) / 2);
    if (dayOf(moment(middle), zone) < day) {
      before = middle;
    } else {
      within = middle;
    }
  }
  return moment(within);
}

/**
 * The bounds of a range of days for the API: ISO 8601, the second excluded.
 *
 * Null is open; days in the wrong order are swapped.
 */
export function momentsOf(
  range: { from: Day | null; to: Day | null },
  zone: string,
): { since: string | null; until: string | null } {
  const [from, to] =
    range.from && range.to ? [range.from, range.to].toSorted() : [range.from, range.to];
  return {
    since: from ? startOfDay(from, zone).toISOString() : null,
    until: to ? startOfDay(addDays(to, 1), zone).toISOString() : null,
  };
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) {
    return known;
  }
  // Swedish dates have the format of ISO 8601.
  const format = new Intl.DateTimeFormat("sv-SE", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  });
  formats.set(zone, format);
  return format;
}
