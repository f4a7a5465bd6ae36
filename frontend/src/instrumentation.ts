import { settingFaults } from "@/lib/settings";

/** Called once by Next.js when the server starts; stops it if a setting is invalid. */
export function register(): void {
  const faults = settingFaults();
  if (process.env.NEXT_RUNTIME === "nodejs" && faults.length > 0) {
    process.stderr.write(`${faults.join("\n")}\n`);
    process.exit(1);
  }
}
