import { expect, test } from "vitest";
import { chooseLocale } from "@/i18n/locales";
import { MESSAGES } from "@/i18n/messages";

test.each([
  ["es", "en", "es"],
  [undefined, "es-MX,es;q=0.9,en;q=0.8", "es"],
  [undefined, "fr-FR,fr;q=0.9,es;q=0.5,en;q=0.4", "es"],
  [undefined, "en;q=0.2,es;q=0.9", "es"],
  ["klingon", "de", "en"],
  [undefined, null, "en"],
] as const)("cookie %s and accepted %s give %s", (cookie, accepted, expected) => {
  expect(chooseLocale(cookie, accepted)).toBe(expected);
});

function texts(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") {
    return [[path, value]];
  }
  return Object.entries(value as object).flatMap(([key, inner]) => texts(inner, `${path}.${key}`));
}

function argumentsOf(text: string): string[] {
  return [...new Set([...text.matchAll(/\{(\w+)[,}]/g)].map((match) => match[1] ?? ""))].sort();
}

test("both languages have texts for everything, with the same arguments", () => {
  const [en, es] = [texts(MESSAGES.en), texts(MESSAGES.es)];
  expect(es.map(([path]) => path).sort()).toEqual(en.map(([path]) => path).sort());
  const spanish = new Map(es);
  for (const [path, text] of en) {
    const other = spanish.get(path) ?? "";
    expect(text.trim(), path).not.toBe("");
    expect(other.trim(), path).not.toBe("");
    expect(argumentsOf(other), path).toEqual(argumentsOf(text));
  }
});
