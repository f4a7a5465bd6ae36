import { expect, test } from "vitest";
import { MESSAGES } from "@/i18n/messages";
import { PAGE_TEXTS, type TextName, textsOf } from "@/i18n/page-texts";
import { filesImportedBy, sourceOf } from "./sources";

const USED = /useTranslations\((?:"([\w.]+)"|`([\w.]+)\.\$\{)/g;

/** The texts that files of a page ask for where they run in the browser. */
function saidInBrowser(page: string): ReadonlySet<string> {
  const said = new Set<string>();
  const seen = new Set<string>();
  const visit = (file: string, isBelowClient: boolean) => {
    const source = sourceOf(file);
    const isClient = isBelowClient || source.startsWith('"use client"');
    const key = `${file} ${isClient}`;
    if (seen.has(key)) {
      return;
    }
    seen.add(key);
    if (isClient) {
      for (const [, whole, start] of source.matchAll(USED)) {
        said.add(whole ?? start ?? "");
      }
    }
    for (const imported of filesImportedBy(file)) {
      visit(imported, isClient);
    }
  };
  visit(page, false);
  return said;
}

const PAGES: readonly [page: string, names: readonly TextName[]][] = [
  ["app/layout.tsx", []],
  ["app/error.tsx", []],
  ["app/page.tsx", PAGE_TEXTS.home],
  ["app/results/[id]/page.tsx", PAGE_TEXTS.result],
  ["app/history/page.tsx", PAGE_TEXTS.history],
  ["app/history/review/page.tsx", PAGE_TEXTS.review],
  ["app/dashboard/page.tsx", PAGE_TEXTS.dashboard],
  ["app/model/page.tsx", PAGE_TEXTS.model],
];

test.each(PAGES)("%s comes with the texts that it says", (page, names) => {
  const said = [...saidInBrowser(page)];
  expect(said).not.toEqual([]);
  const known = ["common", "errors", ...names];
  const lacking = said.filter(
    (name) => !known.some((one) => name === one || name.startsWith(`${one}.`)),
  );
  expect(lacking).toEqual([]);
});

test("texts stay where they are among all texts", () => {
  const { common, errors, dashboard, result } = MESSAGES.en;
  expect(textsOf(MESSAGES.en, ["dashboard", "result.ruler", "result.legend"])).toEqual({
    common,
    errors,
    dashboard,
    result: { ruler: result.ruler, legend: result.legend },
  });
});
