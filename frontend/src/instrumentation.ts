import { settingFaults } from "@/lib/settings";

/** Called once by Next.js as the server starts, which ends it where a setting means nothing. */
export function register(): void {
  const faults = settingFaults();
  if (process.env.NEXT_RUNTIME === "nodejs" && faults.length > 0) {
    process.stderr.write(`${faults.join("\n")}\n`);
    process.exit(1);
  }
}
