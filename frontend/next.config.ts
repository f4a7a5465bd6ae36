import type { NextConfig } from "next";
import createNextIntlPlugin from "next-intl/plugin";

const config: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  // A region of millions of pixels is computed for minutes; the site's server waits longer than pages.
  experimental: { proxyTimeout: 15 * 60_000 },
};

// Compiled ahead, messages need no parser in the browser, which is 10 kB of script.
const withMessages = createNextIntlPlugin({
  experimental: {
    messages: { path: "./messages", format: "json", locales: ["en", "es"], precompile: true },
  },
});

export default withMessages(config);
