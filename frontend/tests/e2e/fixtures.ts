import { existsSync } from "node:fs";
import { test as base, expect } from "@playwright/test";
import config from "../../playwright.config";
import { Site } from "./processes";

const CHROMIUM = config.use?.launchOptions?.executablePath ?? "";

interface TestParts {
  browserInstalled: undefined;
}

interface WorkerParts {
  site: Site;
}

/** Tests against the real site, service and model; each test is a new visitor. */
export const test = base.extend<TestParts, WorkerParts>({
  browserInstalled: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what is needed from it
    async ({}, use, info) => {
      // Where CI is set a missing browser is a failure, which its launch will be.
      info.skip(!existsSync(CHROMIUM) && !process.env.CI, `no browser at ${CHROMIUM}`);
      await use(undefined);
    },
    { auto: true },
  ],
  site: [
    // biome-ignore lint/correctness/noEmptyPattern: as above
    async ({}, use) => {
      const site = await Site.start();
      await use(site);
      await site.stop();
    },
    // Workers start theirs at once.
    { scope: "worker", timeout: 150_000 },
  ],
  baseURL: async ({ site }, use) => use(site.url),
});

export { expect };

export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1440, height: 900 };
