import type { Page } from "@playwright/test";
import type { Statistics } from "../../src/lib/api/schema";
import { DESKTOP, expect, PHONE, test } from "./fixtures";
import { fromApi, predict, review, SCALE } from "./records";

// A zone that is always half an hour off, so that nothing is right by chance.
const ZONE = "Asia/Kolkata";

const EN = {
  locale: "en-US",
  days: "Results by day",
  hours: "Results by hour of the day",
  probabilities: "Probabilities",
  verdicts: "Verdicts",
  reviews: "Agreement",
  times: "Time to result",
  models: "Model revisions",
  table: "Table",
  empty: "Nothing to count yet",
  parts: "2 patches, 2 regions; 1 repeat of the same image not counted",
};
const ES: typeof EN = {
  locale: "es-ES",
  days: "Resultados por día",
  hours: "Resultados por hora del día",
  probabilities: "Probabilidades",
  verdicts: "Veredictos",
  reviews: "Concordancia",
  times: "Tiempo hasta el resultado",
  models: "Versiones del modelo",
  table: "Tabla",
  empty: "Aún no hay nada que contar",
  parts: "2 parches, 2 regiones; 1 repetición de la misma imagen no se cuenta",
};

/** Two patches, one of them sent twice, and two regions, one without its scale; two patches reviewed, one with, one against the verdict. */
async function addResults(page: Page): Promise<Statistics> {
  await page.goto("/dashboard");
  // Only a result makes the browser a visitor; what it asked before would be somebody else's.
  await expect(page.getByRole("main").locator('a[href="/"]')).toBeVisible();
  const crowded = await predict(page, "drawn_crowded", {
    ...SCALE,
    operating_point: "high_sensitivity",
  });
  const loose = await predict(page, "drawn_loose", SCALE);
  await predict(page, "drawn_loose", SCALE);
  await predict(page, "drawn_region", SCALE);
  await predict(page, "drawn_region");
  await review(page, crowded.id, { opinion: "agree" });
  await review(page, loose.id, { opinion: "disagree", label: "idc" });
  await page.reload();
  return fromApi<Statistics>(page, `/stats?time_zone=${ZONE}`);
}

/** The cells of a chart's table, row by row, without the headings. */
async function rowsOf(page: Page, title: string, labels: typeof EN): Promise<string[][]> {
  await page.getByRole("button", { name: `${labels.table}: ${title}`, exact: true }).click();
  const table = page.getByRole("table", { name: title, exact: true });
  await expect(table).toBeVisible();
  return table
    .locator("tbody tr")
    .evaluateAll((rows) =>
      rows.map((row) => Array.from(row.children, (cell) => cell.textContent ?? "")),
    );
}

function formatsOf(locale: string) {
  const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
  const probability = new Intl.NumberFormat(locale, {
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
  });
  const milliseconds = (value: number) => {
    const isShort = Math.round(value) < 1000;
    const least = isShort ? 0 : 1;
    return new Intl.NumberFormat(locale, {
      style: "unit",
      unit: isShort ? "millisecond" : "second",
      minimumFractionDigits: least,
      maximumFractionDigits: value < 9.95 ? 1 : least,
    })
      .format(isShort ? value : value / 1000)
      .replace(" ", "\u00a0");
  };
  return {
    milliseconds,
    share: (part: number, whole: number) => percent.format(part / whole),
    bin: ({ low, high }: { low: number; high: number }) =>
      `${probability.format(low)} – ${probability.format(high)}`,
  };
}

type Counts = Statistics["verdicts"];

function partsOf({ malignant, uncertain, benign, not_assessable }: Counts): number[] {
  return [malignant, uncertain, benign, not_assessable];
}

function cellsOf(counts: Counts): string[] {
  const parts = partsOf(counts);
  return [...parts, parts.reduce((sum, count) => sum + count, 0)].map(String);
}

for (const labels of [EN, ES]) {
  for (const viewport of [PHONE, DESKTOP]) {
    test.describe(`in ${labels.locale}, ${viewport.width} px wide`, () => {
      test.use({ locale: labels.locale, timezoneId: ZONE, viewport });

      test("every number is the API's", async ({ page }) => {
        const statistics = await addResults(page);
        const { total, verdicts, agreement, latency, models, probability, hours } = statistics;
        const { share, bin, milliseconds } = formatsOf(labels.locale);
        // Where all came from the cache no time was measured.
        const timeOf = (ms: number | null) => (ms === null ? "–" : milliseconds(ms));
        expect(total).toBe(4);
        expect(statistics.duplicates).toBe(1);
        expect(verdicts.not_assessable).toBe(1);

        const assessed = total - verdicts.not_assessable;

        const days = await rowsOf(page, labels.days, labels);
        expect(days).toHaveLength(30);
        expect(statistics.days).toHaveLength(1);
        // The last day is today; the others are without results.
        expect(days.at(-1)?.slice(1)).toEqual(statistics.days.flatMap(cellsOf));
        expect(days.slice(0, -1).flatMap((row) => row.slice(1))).toEqual(Array(5 * 29).fill("0"));

        const hourly = await rowsOf(page, labels.hours, labels);
        expect(hourly.map((row) => row.slice(1))).toEqual(hours.map(cellsOf));

        expect(await rowsOf(page, labels.probabilities, labels)).toEqual(
          probability.map((one) => [bin(one), String(one.count), share(one.count, assessed)]),
        );
        const shares = await rowsOf(page, labels.verdicts, labels);
        expect(shares.map((row) => row.slice(1))).toEqual(
          partsOf(verdicts).map((count) => [String(count), share(count, total)]),
        );
        const reviews = await rowsOf(page, labels.reviews, labels);
        expect(reviews.map((row) => row.slice(1))).toEqual(
          [agreement.agree, agreement.disagree, agreement.unsure, agreement.not_assessable].map(
            (count) => [String(count), share(count, agreement.reviewed)],
          ),
        );
        const times = await rowsOf(page, labels.times, labels);
        expect(times.map((row) => row.slice(1))).toEqual(
          [latency.median_ms, latency.p95_ms].map((time) => [timeOf(time)]),
        );
        expect(await rowsOf(page, labels.models, labels)).toEqual(
          models.map(({ name, revision, count }) => [
            revision,
            name,
            String(count),
            share(count, total),
          ]),
        );

        await expect(page.getByText(labels.parts, { exact: true })).toBeVisible();
        const figures = await page
          .getByRole("main")
          .locator("dl > div > dd:first-of-type")
          .allTextContents();
        expect(figures).toEqual([
          String(total),
          share(verdicts.malignant, total),
          share(verdicts.uncertain, total),
          share(verdicts.not_assessable, total),
          timeOf(latency.median_ms),
          timeOf(latency.p95_ms),
          share(agreement.agree, agreement.agree + agreement.disagree),
        ]);
      });

      test("it teaches while there is nothing to count", async ({ page }) => {
        await page.goto("/dashboard");
        await expect(page.getByRole("heading", { name: labels.empty })).toBeVisible();
        await expect(page.getByRole("main").locator('a[href="/"]')).toBeVisible();
      });
    });
  }
}

test.describe("the period", () => {
  test.use({ timezoneId: ZONE });

  test("is chosen, saved in the address, and asked of the API", async ({ page }) => {
    await addResults(page);
    await page.getByRole("radio", { name: "7 days" }).click();
    await expect(page).toHaveURL("/dashboard?range=week");
    await expect.poll(async () => (await rowsOf(page, EN.days, EN)).length).toBe(7);
    await page.getByRole("radio", { name: "All" }).click();
    const table = page.getByRole("table", { name: EN.days });
    await expect(table.getByRole("row")).toHaveCount(2);
    await page.goBack();
    await expect(page.getByRole("radio", { name: "7 days" })).toBeChecked();
    await expect(table.getByRole("row")).toHaveCount(8);

    await page.getByRole("radio", { name: "Dates" }).click();
    await page.getByLabel("To", { exact: true }).fill("2020-01-31");
    await expect(page).toHaveURL("/dashboard?range=own&to=2020-01-31");
    await expect(page.getByRole("heading", { name: "No results in this period" })).toBeVisible();
    await page.getByRole("button", { name: "Show all results" }).click();
    await expect(page).toHaveURL("/dashboard?range=all");
    await expect(page.getByRole("heading", { name: EN.days })).toBeVisible();
  });
});

test("the figures come with the page, to their visitor only", async ({ page, browser, site }) => {
  await addResults(page);
  const own = await page.reload();
  expect(await own?.text()).toContain(EN.parts);
  expect(own?.headers()["cache-control"]).toContain("no-store");
  const other = await browser.newContext({ baseURL: site.url, locale: EN.locale });
  await other.addCookies([{ name: "biopsia-zone", value: ZONE, url: site.url }]);
  const seen = await (await other.newPage()).goto("/dashboard");
  expect(await seen?.text()).not.toContain(EN.parts);
  await other.close();
});

test("a failure is said, and tried again", async ({ page, site }) => {
  await addResults(page);
  await expect(page.getByRole("heading", { name: EN.days })).toBeVisible();
  await site.service.kill();
  try {
    await page.getByRole("radio", { name: "7 days" }).click();
    const alert = page.getByRole("alert").filter({ hasText: "The service is not responding" });
    await expect(alert).toBeVisible({ timeout: 30_000 });
  } finally {
    await site.service.resume();
  }
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("heading", { name: EN.days })).toBeVisible();
});

test("nothing is wider than a page of 320 px, in Spanish", async ({ browser, site }) => {
  const page = await browser.newPage({
    baseURL: site.url,
    locale: "es-ES",
    viewport: { width: 320, height: 700 },
  });
  await addResults(page);
  for (const path of ["/dashboard", "/dashboard?range=own"]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { name: ES.models })).toBeVisible();
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow, path).toBe(0);
  }
  await page.close();
});
