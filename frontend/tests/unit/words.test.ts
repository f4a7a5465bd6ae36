import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

/**
 * The model tells IDC from everything else and was never taught carcinoma in situ: no text may call
 * tissue healthy or a verdict benign, and a region's probability is not calibrated.
 */
const FORBIDDEN: Readonly<Record<string, readonly RegExp[]>> = {
  en: [
    /\bbenign/i,
    /\bmalignan/i,
    /\bhealthy\b/i,
    /\bno (?:sign|evidence)s? of\b/i,
    /\bno carcinoma\b/i,
    /\bcancer[- ]free\b/i,
    /\bprobability of (?:carcinoma|malignancy|cancer)\b/i,
    /\bcalibrated region/i,
  ],
  es: [
    /\bbenign/i,
    /\bmalign/i,
    /\bsan[oa]s?\b/i,
    /\bsin (?:signos|indicios|evidencia) de\b/i,
    /\bsin carcinoma\b/i,
    /\bprobabilidad de (?:carcinoma|malignidad|cáncer)\b/i,
  ],
};

/** A bin or a day with the most results is not most of the results. */
const UNPROVEN = [/\bmost (?:results|between|from|on)\b/i, /\bla mayoría,/i, /\bmajority\b/i];

/** Texts by their place, without the names of values and options, which nobody reads. */
function textsOf(value: unknown, place: string): readonly (readonly [string, string])[] {
  return typeof value === "string"
    ? [[place, withoutNames(value)]]
    : Object.entries(value ?? {}).flatMap(([key, part]) => textsOf(part, `${place}.${key}`));
}

function withoutNames(text: string): string {
  return text
    .replace(/\{\w+, (?:plural|select),/g, "{,")
    .replace(/(?<=[,}] )[\w=]+ \{/g, "{")
    .replace(/\{\w+(?:, number)?\}/g, "{}");
}

const CATALOGUES = Object.keys(FORBIDDEN).flatMap((locale) =>
  readdirSync(`messages/${locale}`).map((file) => {
    const content: unknown = JSON.parse(readFileSync(`messages/${locale}/${file}`, "utf8"));
    return { locale, file, texts: textsOf(content, file.replace(".json", "")) };
  }),
);

describe.each(CATALOGUES)("the texts of $locale/$file", ({ locale, texts }) => {
  test("claim nothing that the model was not taught", () => {
    const patterns = [...(FORBIDDEN[locale] ?? []), ...UNPROVEN];
    const found = texts.filter(([, text]) => patterns.some((pattern) => pattern.test(text)));
    expect(found).toEqual([]);
  });
});

test("each verdict has its one wording in each language", () => {
  const verdicts = (locale: string) =>
    JSON.parse(readFileSync(`messages/${locale}/common.json`, "utf8")).verdict;
  expect(verdicts("en")).toEqual({
    malignant: "Suggests IDC",
    benign: "Does not suggest IDC",
    uncertain: "Inconclusive",
    not_assessable: "Not assessable",
  });
  expect(verdicts("es")).toEqual({
    malignant: "Sugestivo de CDI",
    benign: "No sugestivo de CDI",
    uncertain: "No concluyente",
    not_assessable: "No valorable",
  });
});
