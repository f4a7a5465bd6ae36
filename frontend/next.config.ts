import type { NextConfig } from "next";
import createNextIntlPlugin from "next-intl/plugin";

const config: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
};

// Compiled ahead, messages need no parser in the browser, which is 10 kB of script.
const withMessages = createNextIntlPlugin({
  experimental: {
    messages: { path: "./messages", format: "json", locales: ["en", "es"], precompile: true },
  },
});

export default withMessages(config);
