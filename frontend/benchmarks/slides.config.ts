import { defineConfig } from "@playwright/test";
import config from "./playwright.config";

/** `npm run bench:slides`: what a slide on the visitor's disk costs. */
export default defineConfig(config, { testMatch: "*.measure.ts" });
