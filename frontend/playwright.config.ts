import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "tests/e2e",
  outputDir: "test-results",
  forbidOnly: Boolean(process.env.CI),
  // A worker starts a site, a service and a browser, and keeps one processor busy.
  workers: 2,
  fullyParallel: true,
  // A killed service is back after a start, which takes long while the other worker is busy.
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: "list",
  use: {
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-quic", "--disable-background-networking"],
    },
    // Traces make the tests 20 to 40 % slower; `--trace on` records them.
    screenshot: "only-on-failure",
  },
});
