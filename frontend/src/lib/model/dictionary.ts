/** Reads untyped dictionaries of figures; missing values and other types are left out. */

export type Dictionary = Readonly<Record<string, unknown>>;

export function isDictionary(value: unknown): value is Dictionary {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A dictionary; empty if the value is not one. */
export function dictionary(value: unknown): Dictionary {
  return isDictionary(value) ? value : {};
}

/** The dictionaries of a dictionary, by name. */
export function entries(value: unknown): [string, Dictionary][] {
  return Object.entries(dictionary(value)).map(([key, part]) => [key, dictionary(part)]);
}

/** The dictionaries of a list. */
export function rowsOf(value: unknown): Dictionary[] {
  return Array.isArray(value) ? value.filter(isDictionary) : [];
}

export function numberOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** Both ends of an interval; null unless both are numbers. */
export function intervalOf(value: unknown): { low: number; high: number } | null {
  const [low, high] = Array.isArray(value) ? value.map(numberOf) : [];
  return typeof low === "number" && typeof high === "number" ? { low, high } : null;
}
