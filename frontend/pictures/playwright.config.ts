import { defineConfig } from "@playwright/test";
import tests from "../playwright.config";

/** `npm run pictures`: takes the documentation's pictures of the site anew. */
export default defineConfig(tests, { testDir: ".", testMatch: "*.pictures.ts", workers: 1 });
