import type { Locator, Page } from "@playwright/test";
import type { ModelReport } from "@/lib/api/schema";
import { drawing } from "./files";
import { DESKTOP, expect, PHONE, test } from "./fixtures";
import { analyse } from "./result-page";

/** What the tests read of the free dictionary `metrics`. */
interface Measured {
  [metric: string]: unknown;
  intervals: Record<string, [number, number]>;
  operating_points: Record<string, Measured>;
  case_averaged: Measured;
  cases: Record<string, Measured>;
}

const LABELS = {
  en: {
    title: "About the model",
    slider: "Threshold",
    prevalence: "Prevalence among the patches",
    points: { balanced: "Balanced", high_sensitivity: "High sensitivity" },
    byVerdict: "At each operating point",
    byScore: "Whatever the threshold",
    undefined: "not defined",
  },
  es: {
    title: "Sobre el modelo",
    slider: "Umbral",
    prevalence: "Prevalencia entre los parches",
    points: { balanced: "Equilibrado", high_sensitivity: "Alta sensibilidad" },
    byVerdict: "En cada punto de operación",
    byScore: "Con cualquier umbral",
    undefined: "no definido",
  },
} as const;

type Write = (value: number) => string;
type Language = keyof typeof LABELS;

const VERDICT_METRICS = ["recall", "specificity", "precision", "balanced_accuracy", "accuracy"];
const SCORE_METRICS = ["roc_auc", "average_precision", "brier", "ece"];

function percent(value: number, language: Language): string {
  return new Intl.NumberFormat(language, {
    style: "percent",
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  }).format(value);
}

function decimal(value: number, language: Language): string {
  return new Intl.NumberFormat(language, {
    minimumFractionDigits: 3,
    maximumFractionDigits: 3,
  }).format(value);
}

async function open(page: Page): Promise<ModelReport> {
  await page.goto("/model");
  return page.evaluate(async () => (await fetch("/api/model")).json());
}

function figure(page: Page, name: "sensitivity" | "specificity" | "ppv" | "npv"): Locator {
  return page.locator(`[data-figure="${name}"]`);
}

/** A row of figures holds these of each of its columns, with both ends of their intervals. */
async function expectRow(row: Locator, metric: string, columns: Measured[], write: Write) {
  for (const [index, { [metric]: value, intervals }] of columns.entries()) {
    for (const part of [Number(value), ...(intervals[metric] ?? [])]) {
      await expect(row.getByRole("cell").nth(index)).toContainText(write(part));
    }
  }
}

/** Bayes' theorem, written differently from the site: by odds. Null where nothing is called so. */
function predictiveValues(sensitivity: number, specificity: number, prevalence: number) {
  const odds = prevalence / (1 - prevalence);
  const positive = (odds * sensitivity) / (1 - specificity);
  const negative = specificity / (odds * (1 - sensitivity));
  const chance = (value: number) => (value === Number.POSITIVE_INFINITY ? 1 : value / (1 + value));
  return {
    ppv: sensitivity === 0 && specificity === 1 ? null : chance(positive),
    npv: sensitivity === 1 && specificity === 0 ? null : chance(negative),
  };
}

for (const { locale, language, viewport } of [
  { locale: "en-US", language: "en", viewport: DESKTOP },
  { locale: "es-ES", language: "es", viewport: PHONE },
] as const) {
  const labels = LABELS[language];

  test.describe(`in ${locale}, ${viewport.width} px wide`, () => {
    test.use({ locale, viewport });

    test("the explorer shows the measured curve, and what it comes to", async ({ page }) => {
      const { threshold_curve: curve } = await open(page);
      const slider = page.getByRole("slider", { name: labels.slider });
      const shown = (value: number | null) =>
        value === null ? labels.undefined : percent(value, language);
      expect(curve).toHaveLength(101);
      for (const prevalence of [0.05, 0.6]) {
        await page.getByRole("textbox", { name: labels.prevalence }).fill(`${100 * prevalence}`);
        for (let index = 0; index < curve.length; index += 10) {
          await slider.fill(String(index));
          const { sensitivity, specificity } = curve[index] ?? {};
          if (typeof sensitivity !== "number" || typeof specificity !== "number") {
            throw new Error(`point ${index} is not measured`);
          }
          const values = predictiveValues(sensitivity, specificity, prevalence);
          await expect(figure(page, "sensitivity")).toHaveText(shown(sensitivity));
          await expect(figure(page, "specificity")).toHaveText(shown(specificity));
          await expect(figure(page, "ppv")).toHaveText(shown(values.ppv));
          await expect(figure(page, "npv")).toHaveText(shown(values.npv));
        }
      }
    });

    test("operating points have their own figures, not the nearest of the curve", async ({
      page,
    }) => {
      const { operating_points: points } = await open(page);
      for (const [name, label] of Object.entries(labels.points)) {
        const button = page.getByRole("button", { name: label });
        await button.click();
        await expect(button).toHaveAttribute("aria-pressed", "true");
        const { sensitivity, specificity, precision, threshold } = points[name] ?? {};
        await expect(button).toContainText(decimal(threshold ?? -1, language));
        await expect(figure(page, "sensitivity")).toHaveText(percent(sensitivity ?? -1, language));
        await expect(figure(page, "specificity")).toHaveText(percent(specificity ?? -1, language));
        // At the held-out prevalence, the positive predictive value is the measured precision.
        await expect(figure(page, "ppv")).toHaveText(percent(precision ?? -1, language));
      }
    });

    test("the page's figures are the API's", async ({ page }) => {
      const report = await open(page);
      const metrics = report.metrics as unknown as Measured;
      const points = [...Object.values(metrics.operating_points), metrics.case_averaged];
      const byVerdict = page.getByRole("table", { name: labels.byVerdict });
      for (const metric of VERDICT_METRICS) {
        const row = byVerdict.locator(`[data-metric="${metric}"]`);
        await expectRow(row, metric, points, (value) => percent(value, language));
      }
      const byScore = page.getByRole("table", { name: labels.byScore });
      for (const metric of SCORE_METRICS) {
        const row = byScore.locator(`[data-metric="${metric}"]`);
        const columns = [metrics, metrics.case_averaged];
        await expectRow(row, metric, columns, (value) => decimal(value, language));
      }
      await expect(page.getByText(report.inference.revision)).toBeVisible();
      for (const hash of Object.values(report.inference.sha256)) {
        await expect(page.getByText(hash)).toBeVisible();
      }
    });

    test("nothing is wider than a narrow screen", async ({ page }) => {
      await page.setViewportSize({ width: 320, height: 640 });
      await page.goto("/model");
      await expect(page.getByRole("heading", { name: labels.title })).toBeVisible();
      await page.locator("details").evaluateAll((all) => {
        for (const one of all) {
          one.setAttribute("open", "");
        }
      });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    });
  });
}

test("every measured case is in the table, the hardest first", async ({ page }) => {
  const { metrics } = await open(page);
  const cases = Object.entries((metrics as unknown as Measured).cases);
  await page.getByText(`All ${cases.length} cases as a table`).click();
  const table = page.getByRole("table", { name: /^Measured cases/ });
  const ids = await table.getByRole("rowheader").allTextContents();
  expect(ids.toSorted()).toEqual(cases.map(([id]) => id).toSorted());
  const [hardest] = cases.toSorted(
    ([, one], [, other]) => Number(one.balanced_accuracy) - Number(other.balanced_accuracy),
  );
  expect(ids[0]).toBe(hardest?.[0]);
  const first = table.getByRole("row", { name: new RegExp(`^${hardest?.[0]} `) });
  await expect(first).toContainText(percent(Number(hardest?.[1].recall), "en"));
});

test("the slider moves by keyboard from one measured threshold to the next", async ({ page }) => {
  const { threshold_curve: curve } = await open(page);
  const slider = page.getByRole("slider", { name: "Threshold" });
  await slider.focus();
  await page.keyboard.press("Home");
  await expect(figure(page, "sensitivity")).toHaveText("100.0%");
  await page.keyboard.press("ArrowRight");
  await expect(figure(page, "specificity")).toHaveText(percent(curve[1]?.specificity ?? -1, "en"));
  await expect(slider).toHaveAttribute("aria-valuetext", /^0\.01: sensitivity/);
});

test("the probability of a patch is converted to another prevalence", async ({ page }) => {
  const { id, probability } = await analyse(page, drawing("drawn_crowded"));
  const { inference } = await open(page);
  const assumed = inference.assumed_prevalence ?? -1;
  await page.goto(`/results/${id}`);
  await page.getByRole("heading", { name: "Other thresholds" }).scrollIntoViewIfNeeded();
  const field = page.getByRole("textbox", { name: "Prevalence among the patches" });
  await field.fill("1");
  const odds = (probability / (1 - probability)) * (0.01 / 0.99) * ((1 - assumed) / assumed);
  const converted = page.locator('[data-figure="converted"]');
  await expect(converted).toHaveText(percent(odds / (1 + odds), "en"));
  await expect(page.getByText(`the result assumes ${percent(assumed, "en")}`)).toBeVisible();
});

test("a prevalence that is none is refused, and the measured one comes back", async ({ page }) => {
  const { threshold_curve: curve } = await open(page);
  const field = page.getByRole("textbox", { name: "Prevalence among the patches" });
  const measured = await figure(page, "ppv").textContent();
  for (const bad of ["", "101", "-1", "many"]) {
    await field.fill(bad);
    await expect(field).toHaveAttribute("aria-invalid", "true");
    await expect(page.getByText("Enter a number from 0 to 100.")).toBeVisible();
    await expect(figure(page, "ppv")).toHaveText("not defined");
  }
  await page.getByRole("button", { name: "As in the held-out cases" }).click();
  await expect(field).toHaveValue((100 * (curve[0]?.precision ?? -1)).toFixed(1));
  await expect(figure(page, "ppv")).toHaveText(measured ?? "");
});

test("counted patches add up to a thousand", async ({ page }) => {
  await open(page);
  await page.getByRole("textbox", { name: "Prevalence among the patches" }).fill("10");
  const text = (await page.getByTestId("frequencies").textContent()) ?? "";
  const [total, carcinoma, found, missed, others, spared, alarms] = (
    text.replaceAll(",", "").match(/\d+/g) ?? []
  ).map(Number);
  expect([total, carcinoma, others]).toEqual([1000, 100, 900]);
  expect((found ?? 0) + (missed ?? 0)).toBe(carcinoma);
  expect((spared ?? 0) + (alarms ?? 0)).toBe(others);
});

/** The cells of the table behind a drawing, row by row, without the headings. */
async function tableOf(page: Page, title: string): Promise<string[][]> {
  await page.locator("summary").filter({ hasText: title }).click();
  const table = page.getByRole("table", { name: title, exact: true });
  await expect(table).toBeVisible();
  return table
    .locator("tbody tr")
    .evaluateAll((rows) =>
      rows.map((row) => Array.from(row.children, (cell) => cell.textContent ?? "")),
    );
}

test("every drawing is described, has its figures as a table, and none is a picture", async ({
  page,
}) => {
  const { metrics, reports, threshold_curve: curve } = await open(page);
  const { reliability } = metrics as unknown as { reliability: Record<string, number>[] };
  expect(await page.getByRole("main").locator("img, canvas").count()).toBe(0);
  for (const name of [
    /^ROC curve/,
    /^Positive predictive value against/,
    /^Reliability diagram/,
    /^Histogram/,
  ]) {
    await expect(page.getByRole("img", { name }).first()).toBeVisible();
  }

  const bins = await tableOf(page, "Can the probabilities be trusted?");
  expect(bins.map(([, patches, carcinoma]) => [patches, carcinoma])).toEqual(
    reliability.map((bin) => [bin.patches, bin.idc].map((count) => count?.toLocaleString("en"))),
  );
  expect(bins[0]?.[4]).toBe(percent(reliability[0]?.observed ?? -1, "en"));
  expect(await tableOf(page, "The measured thresholds")).toHaveLength(curve.length);

  const shifts = Object.values((reports.robust as { shifts: Record<string, Measured> }).shifts);
  const changed = await tableOf(page, "Compressed, blurred or differently lit patches");
  expect(changed.map(([, sensitivity]) => sensitivity)).toEqual(
    shifts.map(({ sensitivity }) => percent(Number(sensitivity), "en")),
  );
  const { kinds } = reports.outside as { kinds: Record<string, Record<string, Measured>> };
  const smears = await tableOf(page, "Pictures from elsewhere");
  expect(smears[0]?.slice(0, 2)).toEqual([
    "Blood smears, scale unknown",
    String(kinds.blood_smear?.unknown?.images),
  ]);
  const corners = await tableOf(page, "Where the strongest cell lies");
  const slides = (reports.explain as { slides: Record<string, { peaks: Measured }> }).slides;
  expect(corners).toEqual(
    Object.entries(slides).map(([slide, { peaks }]) => [
      slide,
      percent(Number(peaks.corner), "en"),
      percent(Number(peaks.corner_chance), "en"),
    ]),
  );
});

test("counts and shares of the confusion matrix agree", async ({ page }) => {
  const { metrics } = await open(page);
  const { cases, patches } = metrics as unknown as Measured & { patches: number };
  const carcinoma = Object.values(cases).reduce((sum, { idc }) => sum + Number(idc), 0);
  for (const name of ["Balanced", "High sensitivity"]) {
    const table = page.getByRole("table", { name, exact: true });
    const totals = [carcinoma, patches - carcinoma];
    for (const [index, total] of totals.entries()) {
      const cells = await table
        .getByRole("row")
        .nth(index + 1)
        .getByRole("cell")
        .all();
      const counts: number[] = [];
      for (const cell of cells) {
        const [count, share] = await cell.locator("span").allTextContents();
        counts.push(Number(count?.replaceAll(",", "")));
        expect(share).toBe(percent((counts.at(-1) ?? 0) / total, "en"));
      }
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(total);
    }
  }
});

test("the contents lead to every part of the page", async ({ page }) => {
  await page.setViewportSize(DESKTOP);
  await page.goto("/model");
  const links = page.getByRole("navigation", { name: "On this page" }).getByRole("link");
  for (const link of await links.all()) {
    await link.click();
    const title = page.getByRole("heading", { level: 2, name: (await link.textContent()) ?? "" });
    await expect(title).toBeInViewport();
  }
});

test("while the service is unreachable the page says so, and comes back", async ({
  page,
  site,
}) => {
  await site.service.kill();
  try {
    await page.goto("/model");
    await expect(page.getByRole("alert").filter({ hasText: "Something went wrong" })).toBeVisible({
      timeout: 30_000,
    });
  } finally {
    await site.service.resume();
  }
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("heading", { name: "How well it performs" })).toBeVisible();
});
