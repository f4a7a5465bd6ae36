import { defineConfig } from "@playwright/test";
import tests from "../playwright.config";

/** `npm run bench`: the same browser and services as the tests, but measured, one thing at a time. */
export default defineConfig(tests, {
  testDir: ".",
  testMatch: "*.bench.ts",
  timeout: 10 * 60_000,
  workers: 1,
});
